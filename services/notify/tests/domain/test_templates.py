"""What a template has to be before it's kept."""

import pytest

from chassis.core.refusals import InvalidFields
from notify.domain import templates

HOSTS = ["e-services.qatif.gov.sa"]
GOOD = {
    "ar": "استلمنا بلاغكم رقم ((number)). بلدية القطيف",
    "en": "We have received your report ((number)). Qatif Municipality",
}


def faults(
    ar: str = GOOD["ar"],
    en: str = GOOD["en"],
    *,
    known: list[str] | None = None,
    needed: list[str] | None = None,
    **further: str,
) -> set[tuple[str, str]]:
    try:
        templates.check_wording(
            {"ar": ar, "en": en, **further}, known=known, needed=needed or [], hosts=HOSTS
        )
    except InvalidFields as refusal:
        return {(fault.field, fault.code) for fault in refusal.faults}
    return set()


def test_a_plain_template_is_kept() -> None:
    assert faults(known=["number"], needed=["number"]) == set()


def test_a_parameter_that_no_event_gives_is_refused() -> None:
    assert ("body_ar", "unknown-parameter") in faults(known=["municipality"])


def test_a_wording_without_a_needed_parameter_is_refused() -> None:
    assert faults("نص", "a text", needed=["number"]) == {
        ("body_ar", "placeholder-missing"),
        ("body_en", "placeholder-missing"),
    }


def test_a_wording_without_a_visible_sign_is_refused() -> None:
    assert ("body_ar", "required") in faults("...", "a text")


def test_both_languages_say_the_same_values() -> None:
    assert faults(en="Received. Qatif Municipality") == {("body_en", "placeholders-differ")}


def test_a_text_in_a_further_language_is_checked_too() -> None:
    assert faults(ur="رپورٹ نمبر ((number))") == set()
    assert faults(bn="রিপোর্ট") == {("further.bn", "placeholders-differ")}
    assert ("further.ur", "turned-round") in faults(ur="نمبر 1448-104 ((number))")
    assert faults(hi="रिपोर्ट 1448-104 ((number))") == set()


@pytest.mark.parametrize("broken", ["رقم ((number", "رقم number))", "رقم ((number??نعم))", "(())"])
def test_a_broken_placeholder_is_refused(broken: str) -> None:
    assert ("body_ar", "placeholder") in faults(broken + " ((number))")


@pytest.mark.parametrize(
    "turned",
    [
        "للاستفسار +966138555555 ((number))",
        "بلاغ 1448-104233 ((number))",
        "((number)) / 12",
        "((number))-1448",
        "يوم 2026-12-24 ((number))",
    ],
)
def test_a_number_that_a_telephone_shows_turned_round_is_refused(turned: str) -> None:
    assert ("body_ar", "turned-round") in faults(turned)


def test_an_english_text_may_have_a_number_with_a_hyphen() -> None:
    assert faults(en="Report ((number)) of 1448-104") == set()


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/x",
        "http://e-services.qatif.gov.sa/x",
        "bit.ly/abc",
        "https://e-services.qatif.gov.sa.evil.com/",
        "https://e-services.qatif.gov.sa@evil.com/",
        "https://e-services.qatif.gov.sa:8443/",
        "https://10.0.0.1/x",
        "دفع.شبكة/x",
        "evil。com",
        "((number)).شبكة",
        "https://((number))/x",
        "https://((number)).qatif.gov.sa/x",
        "https://xe-services.qatif.gov.sa/",
    ],
)
def test_a_foreign_link_is_refused(link: str) -> None:
    assert ("body_en", "link-host") in faults(en=f"See {link} ((number))")


@pytest.mark.parametrize(
    "link", ["https://e-services.qatif.gov.sa/r/((number))", "e-services.qatif.gov.sa"]
)
def test_a_link_to_an_allowed_host_is_accepted(link: str) -> None:
    assert faults(en=f"See {link} ((number))") == set()


def test_an_id_number_is_refused() -> None:
    assert ("body_ar", "id-number") in faults("الهوية 1000000008 ((number))")


def test_a_text_of_more_than_four_parts_is_refused() -> None:
    assert ("body_ar", "too-many-parts") in faults("نص " * 90 + "((number))")


def test_every_fault_of_a_wording_is_named() -> None:
    found = faults("1448-104 https://evil.example ((x", "https://evil.example")

    assert {code for _, code in found} >= {"turned-round", "link-host", "placeholder"}


def test_the_length_counts_the_longest_plausible_values() -> None:
    short = templates.length("رقم ((number))", "ar")
    link = templates.length("أعيدوا فتحه ((link))", "ar")

    assert (short.encoding, short.parts) == ("UCS-2", 1)
    assert link.units > 60


def test_one_arabic_comma_makes_a_latin_text_longer() -> None:
    assert templates.length("a" * 100, "en").encoding == "GSM-7"
    assert templates.length("a" * 100 + "،", "en").parts == 2
