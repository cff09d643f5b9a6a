"""Numbers keep their direction in an Arabic line, and a day is shown in both calendars."""

import pytest
from markupsafe import escape

from chassis.core import contracts
from pages import marks
from pages.assets import STATIC


def test_the_weekday_of_a_moment_is_that_of_riyadh():
    assert marks.weekday("2026-11-28T22:30:00Z", "ar") == "الأحد"
    assert marks.weekday("2026-11-28", "en") == "Saturday"


def test_a_code_stands_in_an_isolate_of_its_own():
    assert marks.code("1448/21") == '<bdi dir="ltr">1448/21</bdi>'


def test_a_code_with_arabic_letters_is_read_from_the_right():
    assert marks.code("422/3 ج") == '<bdi dir="rtl">422/3 ج</bdi>'


def test_an_arabic_name_says_its_language():
    assert marks.arabic("<ب>") == '<bdi lang="ar" dir="rtl">&lt;ب&gt;</bdi>'


def test_a_code_with_markup_is_escaped():
    assert marks.code("<b>") == '<bdi dir="ltr">&lt;b&gt;</bdi>'


@pytest.mark.parametrize("number", ["1448/21", "10******08", "+966501234567", "2026-11-24"])
def test_each_number_of_a_sentence_is_isolated(number):
    assert marks.sentence(f"الرقم {number} هنا") == f'الرقم <bdi dir="ltr">{number}</bdi> هنا'


def test_a_sentence_is_escaped_outside_and_inside_its_numbers():
    assert marks.sentence("<i>1448/1</i>").startswith("&lt;i&gt;")


def test_a_sentence_that_is_escaped_already_is_not_escaped_twice():
    plain = "the owner's <permit> 1448/1"

    assert marks.sentence(escape(plain)) == marks.sentence(plain)


def test_a_day_names_the_hijri_calendar_first():
    shown = marks.day("2026-11-24", "ar")

    assert shown.index("14 جمادى الآخرة 1448هـ") < shown.index("24 نوفمبر 2026م")


def test_a_day_outside_the_tables_is_gregorian_only():
    assert "2100" in marks.day("2100-01-01", "en")


def test_a_moment_is_shown_in_riyadh():
    assert '<bdi dir="ltr">00:30</bdi>' in marks.moment("2026-11-24T21:30:00Z", "ar")
    assert "25" in marks.moment("2026-11-24T21:30:00Z", "en")


def test_the_tone_of_each_declared_state_has_its_look_in_the_sheet():
    states = contracts.read("reference/states.yaml")
    tones = {one["tone"] for kind in states.values() for one in kind.values()} - {"neutral"}
    sheet = (STATIC / "pages.css").read_text("utf-8")

    marked = {tone: marks.tone_of_state(tone) for tone in tones}

    assert len(set(marked.values())) == len(tones) == 4
    assert all(f".tag.{one} {{" in sheet for one in marked.values())
    assert (marked["good"], marked["bad"]) == ("success", "error")


@pytest.mark.parametrize("unit", ["/", "a.", "\u2066", "\u2066x\u2067", "\u2069"])
def test_a_long_sentence_is_read_in_one_pass(unit):
    """Read again from each sign, a text of this length would take hours."""
    text = unit * (2_000_000 // len(unit))

    assert marks.sentence(text) == text
