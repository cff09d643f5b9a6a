"""Two spellings of one name meet, and names are shown as letters."""

from collections.abc import Callable

import pytest

from saudi.bidi import isolate, isolate_numbers
from saudi.text import (
    compact,
    fold_digits,
    number_key,
    parse_name,
    place_key,
    require_script,
    search_key,
    tidy,
)

Refused = Callable[..., str]


def test_digits_of_both_scripts_become_ascii() -> None:
    assert fold_digits("١٠١٢٣٤٥٦٧٢") == "1012345672"
    assert fold_digits("۱۰۱۲۳۴۵۶۷۲") == "1012345672"


def test_invisible_marks_and_spaces_around_go() -> None:
    assert tidy(" \u200f415/جـ\u200e  أ\ufeff ") == "415/ج أ"
    assert compact(" ٤٤١٢ ٠٩٨١ ") == "44120981"


@pytest.mark.parametrize("written", ["1448/22", "1448 / 22", "١٤٤٨/٢٢", "١٤٤٨ / 22"])
def test_numbers_of_documents_meet_in_all_spellings(written: str) -> None:
    assert number_key(written) == "1448/22"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("أحمد بن عبد الله", "احمد بن عبدالله"),
        ("عبد الرحمن", "عبدالرحمن"),
        ("فاطمة الزهراء", "فاطمه الزهرا"),
        ("هدى", "هدي"),
        ("القطـــيف", "القطيف"),
        ("ﻣﺤﻤﺪ", "محمد"),
        ("آل إبراهيم", "ال ابراهيم"),
        ("مُحَمَّد", "محمد"),
        ("كریم", "كريم"),
        ("عبد ﷲ", "عبدالله"),
        ("مؤمن رئيس", "مومن رييس"),
        ("شارع ٥", "شارع 5"),
        ("  حسن   علي ", "حسن علي"),
    ],
)
def test_two_spellings_of_one_name_meet(one: str, other: str) -> None:
    assert search_key(one) == search_key(other)


def test_two_names_do_not_meet() -> None:
    assert search_key("حسن") != search_key("حسين")
    assert search_key("البحر") != search_key("البحاري")


@pytest.mark.parametrize(
    "written", ["الخزامى", "حي الخزامى", "خزامي", "حـي الخزامي", "حي  الخزامى"]
)
def test_a_district_is_found_with_and_without_its_prefix(written: str) -> None:
    assert place_key(written) == place_key("الخزامى")


@pytest.mark.parametrize(
    ("one", "other"),
    [("البديعه", "البديعة"), ("أم الحمام", "ام الحمام"), ("الناصرة", "ناصره")],
)
def test_spellings_of_a_district_meet(one: str, other: str) -> None:
    assert place_key(one) == place_key(other)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("ﻣﺤﻤﺪ القطـــيف", "محمد القطيف"),
        ("  حسن   بن\tعلي ", "حسن بن علي"),
        ("\u202bفاطمة الزهراء\u202c", "فاطمة الزهراء"),
        ("مالك (بيانات تجريبية)", "مالك (بيانات تجريبية)"),
        ("John O'Neil", "John O'Neil"),
        ("شركة 2030", "شركة 2030"),
        ("مُحَمَّد", "مُحَمَّد"),
    ],
)
def test_a_name_is_shown_as_letters_in_its_own_spelling(written: str, name: str) -> None:
    assert parse_name(written) == name


@pytest.mark.parametrize(
    ("written", "code"),
    [("123", "name"), ("...", "name"), ("م", "name"), ("   ", "required"), ("ـ\u200f", "required")],
)
def test_what_has_no_letters_is_no_name(refused: Refused, written: str, code: str) -> None:
    assert refused(parse_name, written) == code


@pytest.mark.parametrize(
    ("sentence", "isolated"),
    [
        ("آخر يوم للسداد 2026-12-24.", "آخر يوم للسداد ⟦2026-12-24⟧."),
        ("الجوال +966******567", "الجوال ⟦+966******567⟧"),
        ("الهوية 10******08 للمالك", "الهوية ⟦10******08⟧ للمالك"),
        ("المخطط 713 / 7، القطعة 215", "المخطط ⟦713 / 7⟧، القطعة ⟦215⟧"),
        ("الموقع 26.56, 50.00", "الموقع ⟦26.56, 50.00⟧"),
        ("اتصلوا على 050 123 4567", "اتصلوا على ⟦050 123 4567⟧"),
        ("من 8-10 أيام", "من ⟦8-10⟧ أيام"),
        ("نسبة 75%", "نسبة ⟦75%⟧"),
        ("(المرجع AB-12/7)", "(المرجع ⟦AB-12/7⟧)"),
        ("راجعوا https://qatif.gov.sa/r/8.", "راجعوا ⟦https://qatif.gov.sa/r/8⟧."),
        ("خدمة Balady متاحة", "خدمة Balady متاحة"),
        ("لا أرقام هنا", "لا أرقام هنا"),
    ],
)
def test_numbers_of_a_sentence_are_isolated(sentence: str, isolated: str) -> None:
    shown = isolate_numbers(sentence).replace("\u2066", "⟦").replace("\u2069", "⟧")

    assert shown == isolated


def test_what_is_isolated_already_stays_as_it_is() -> None:
    once = isolate_numbers("يوم 2026-12-24 رقم ١٤٤٨-٢٢")

    assert isolate_numbers(once) == once


def test_digits_of_arabic_are_kept_in_line_by_an_override() -> None:
    assert isolate("١٤٤٨-٢٢") == "\u2066\u202d١٤٤٨-٢٢\u202c\u2069"
    assert isolate("حي الخزامى") == "\u2067حي الخزامى\u2069"


def test_a_name_is_written_in_the_letters_of_its_language(refused: Refused) -> None:
    assert require_script("مغسلة 24 K7", "ar") == "مغسلة 24 K7"
    assert require_script("Café 24", "en") == "Café 24"
    assert refused(require_script, "Laundry 24", "ar") == "name-not-arabic"
    assert refused(require_script, "مغسلة 24", "en") == "name-not-latin"
    assert refused(require_script, "রহিম", "en") == "name-not-latin"
    assert refused(require_script, "Al Waha الواحة", "en") == "name-not-latin"
    assert refused(require_script, "Rahim রহিম", "en") == "name-not-latin"
    assert require_script("ʿAbd al-Raḥmān Nº 5", "en") == "ʿAbd al-Raḥmān Nº 5"
    assert require_script("ﻣﻐﺴﻠﺔ", "ar") == "ﻣﻐﺴﻠﺔ"


@pytest.mark.parametrize("unit", ["/", "a.", "_", "-", "\u2066", "\u2066x\u2067", "\u2069"])
def test_a_long_text_without_a_number_is_read_in_one_pass_and_stays_as_it_is(unit):
    """Read again from each sign, a text of this length would take hours."""
    text = unit * (2_000_000 // len(unit))

    assert isolate_numbers(text) == text


def test_a_long_text_in_an_isolate_stays_as_it_is():
    text = "\u2067" + "س " * 2_000 + "2026-12-24\u2069"

    assert isolate_numbers(text) == text
