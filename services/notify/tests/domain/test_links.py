"""Links that lead elsewhere, however they're written."""

import pytest

from notify.domain import texts

HOSTS = ["qatif.gov.sa"]


@pytest.mark.parametrize(
    "text",
    [
        "https://qatif.gov.sa.شبكة/pay",
        "qatif.gov.sa.شبكة",
        "ادفعوا دفع.شبكة/x",
        "دَفع.شبكة",
        "د.شبكة",
        "م.أحمد/pay",
        "1.2.3.4/x",
        "https://1.2.3.4",
        "https://16909060/",
        "ｅｖｉｌ.ｃｏｍ",
        "ｈｔｔｐｓ：／／ｅｖｉｌ.ｃｏｍ",
        "evil。com",
        "evil｡com",
        "пример.рф",
        "пример.xn--p1ai",
        "ev\u00adil.c\u00adom",
        "evil\u2060.com",
        "evil.c\ufe0fom",
        "evil.com\u200b.qatif.gov.sa",
        "💩.la",
        "https://qatif.gov.sa%2eشبكة/",
        "https://qatif.gov.sa,evil.com/",
        "https://qatif.gov.sa/x،evil.com",
        "qatif.gov.saشبكة",
        "https://qatif.gov.sa@evil.com/",
        "https://qatif.gov.sa:8443/",
        "http://qatif.gov.sa/",
        f"{'a.' * 30}evil.com",
        f"{'a' * 80}.evil.com",
        f"{'a' * 80}://qatif.gov.sa",
    ],
)
def test_a_foreign_link_is_found_in_any_script(text: str) -> None:
    assert texts.foreign_links(f"عزيزنا {text} شكرا", HOSTS)


@pytest.mark.parametrize(
    "text",
    [
        "https://qatif.gov.sa/r/…",
        "راجعوا e-services.qatif.gov.sa، وشكرًا",
        "(https://qatif.gov.sa).",
        "م.أحمد العلي",
        "12.50 ريال في 24.12.2026",
        "انتهى... شكرًا",
        "الموعد ٩:٣٠. بلدية القطيف",
    ],
)
def test_words_numbers_and_allowed_hosts_are_no_foreign_links(text: str) -> None:
    assert texts.foreign_links(text, HOSTS) == []
