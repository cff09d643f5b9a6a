"""Text messages: parts, cuts, and what a telephone would show turned round."""

from collections.abc import Callable

import pytest

from saudi.sms import message, parse_sender, turned_round

Refused = Callable[..., str]

TEMPLATES = [
    ("رمز الدخول 4821 صالح 5 دقائق. لا تشاركه. بلدية القطيف", 1),
    ("استلمنا بلاغكم رقم 1448104233. بلدية القطيف", 1),
    ("بلاغكم رقم 1448104233 قيد المعالجة لدى بلدية سيهات.", 1),
    ("أُحيل بلاغكم رقم 1448104233 إلى الجهة المختصة: شركة المياه الوطنية.", 1),
    (
        "تمت معالجة بلاغكم رقم 1448104233. قيّموا الخدمة أو أعيدوا فتحه: "
        "https://qatif.gov.sa/r/8FK2",
        2,
    ),
    ("توجد ملاحظات على طلب رخصة البناء رقم 44120981. راجعوا المكتب الهندسي.", 1),
    (
        "صدرت رخصة البناء رقم 1448/1312 للقطعة 215 مخطط 713/7. "
        "اطبعوها من الخدمات الإلكترونية. بلدية القطيف",
        2,
    ),
    ("صدرت الشهادة الصحية رقم 9891234 وتنتهي 2027/11/23م. بلدية القطيف", 1),
    ("تعذر إصدار الشهادة الصحية لطلب 9891234. يرجى مراجعة المركز الطبي.", 1),
    (
        "سُجلت مخالفة بلدية رقم 448120934 على منشأتكم. للتفاصيل والاعتراض: "
        "https://qatif.gov.sa/v/8FK2",
        2,
    ),
]


@pytest.mark.parametrize(("text", "parts"), TEMPLATES)
def test_a_template_has_so_many_parts_and_nothing_turns_round(text: str, parts: int) -> None:
    assert len(message(text).parts) == parts
    assert turned_round(text) == []


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("ب" * 70, "UCS-2", 70, 1),
        ("ب" * 71, "UCS-2", 71, 2),
        ("ب" * 134, "UCS-2", 134, 2),
        ("ب" * 135, "UCS-2", 135, 3),
        ("a" * 70 + "،", "UCS-2", 71, 2),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        ("", "GSM-7", 0, 1),
    ],
)
def test_a_text_is_measured_as_the_network_does(
    text: str, encoding: str, units: int, parts: int
) -> None:
    cut = message(text)

    assert (cut.encoding, cut.units, len(cut.parts)) == (encoding, units, parts)
    assert "".join(cut.parts) == text


def test_no_part_ends_within_a_surrogate_pair() -> None:
    cut = message("ب" * 66 + "😀" + "ب" * 10)

    assert cut.parts[0] == "ب" * 66
    assert cut.parts[1].startswith("😀")


def test_no_part_ends_between_an_escape_and_its_sign() -> None:
    cut = message("a" * 152 + "€" + "a" * 20)

    assert cut.parts[0] == "a" * 152
    assert cut.parts[1].startswith("€")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("بلاغكم رقم 1448-104233", ["1448-104233"]),
        ("تنتهي 2027-11-23", ["2027-11-23"]),
        ("اتصلوا على +966501234567", ["+966501234567"]),
        ("من 8-10 أيام", ["8-10"]),
        ("مخطط 713 / 7", ["713 / 7"]),
        ("الموقع 26.56, 50.00", ["26.56, 50.00"]),
        ("بلاغكم رقم 1448104233", []),
        ("مخطط 713/7 حتى 2027/11/23م الساعة 08:30 بمبلغ 1,250.50", []),
    ],
)
def test_what_a_telephone_shows_turned_round_is_found(text: str, found: list[str]) -> None:
    assert turned_round(text) == found


@pytest.mark.parametrize("name", ["QATIF", "QATIF-MUN", "Qatif Mun", "QATIF-AD"])
def test_a_sender_name_has_letters(name: str) -> None:
    assert parse_sender(name) == name


@pytest.mark.parametrize("name", ["12345", "QA", "QATIF-MUNICI", "القطيف", "QATIF_1"])
def test_another_sender_name_is_refused(refused: Refused, name: str) -> None:
    assert refused(parse_sender, name) == "sms-sender"
