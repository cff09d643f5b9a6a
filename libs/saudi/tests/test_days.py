"""A day in either calendar and either digits is one day, and a Hijri year is never a Gregorian one."""

from datetime import UTC, date, datetime, timedelta

import pytest

from saudi import Malformed
from saudi.day_names import gregorian_words, hijri_month_name, hijri_words, weekday_name
from saudi.days import (
    FIRST_DAY,
    LAST_DAY,
    BothCalendars,
    HijriDay,
    add_years,
    both_calendars,
    hijri_month,
    hijri_text,
    hijri_year,
    legal_day,
    midnight,
    midnight_after,
    parse_day,
    parse_hijri,
    parse_month,
)

UMM_AL_QURA = [
    ("1343/01/01", date(1924, 8, 1)),
    ("1438/04/26", date(2017, 1, 24)),
    ("1445/09/01", date(2024, 3, 11)),
    ("1446/01/01", date(2024, 7, 7)),
    ("1446/02/30", date(2024, 9, 3)),
    ("1446/04/10", date(2024, 10, 13)),
    ("1447/01/01", date(2025, 6, 26)),
    ("1448/01/01", date(2026, 6, 16)),
    ("1448/06/14", date(2026, 11, 24)),
    ("1500/12/30", date(2077, 11, 16)),
]


@pytest.mark.parametrize(("text", "day"), UMM_AL_QURA)
def test_a_day_has_its_umm_al_qura_date(text: str, day: date) -> None:
    assert hijri_text(day) == text
    assert hijri_year(day) == int(text[:4])
    assert parse_hijri(text).exists


@pytest.mark.parametrize(("text", "day"), UMM_AL_QURA)
def test_a_hijri_day_is_read_as_the_gregorian_one(text: str, day: date) -> None:
    assert parse_day(text) == day
    assert parse_day(text.replace("/", "-")) == day


@pytest.mark.parametrize(
    "written",
    [
        *("2026-11-24", "2026/11/24", "٢٠٢٦/١١/٢٤", "24/11/2026", "٢٤-١١-٢٠٢٦", "2026/11/24م"),
        *("1448/06/14", "1448-06-14", "١٤٤٨/٠٦/١٤", "۱۴۴۸/۰۶/۱۴", "1448/6/14", "14/6/1448"),
        *("١٤-٦-١٤٤٨هـ", "1448 / 06 / 14", "\u200f1448/06/14 هـ", "1448/06/14H"),
    ],
)
def test_one_day_is_read_in_all_its_spellings(written: str) -> None:
    assert parse_day(written) == date(2026, 11, 24)


def test_a_year_from_1300_to_1500_is_never_gregorian() -> None:
    assert parse_day("1445-09-01") == date(2024, 3, 11)
    assert parse_day("1500-12-30") == date(2077, 11, 16)
    assert parse_day("1501-01-01") == date(1501, 1, 1)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("1447/02/30", "no-such-day"),
        ("1446/13/01", "no-such-day"),
        ("1446/00/01", "no-such-day"),
        ("2026-02-29", "no-such-day"),
        ("0000-01-01", "no-such-day"),
        ("1448/06/14م", "no-such-day"),
        ("2026/11/24هـ", "no-such-day"),
        ("1342/12/29", "outside-calendar"),
        ("1300/01/01", "outside-calendar"),
        ("1448/06-14", "date-format"),
        ("14/06/48", "date-format"),
        ("14480614", "date-format"),
        ("today", "date-format"),
        ("", "date-format"),
    ],
)
def test_what_is_no_day_is_refused_with_its_reason(written: str, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_day(written)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("written", "last"),
    [
        ("1447/02/30", "1447/02/29"),
        ("2026-02-29", "2026/02/28"),
        ("2024-02-30", "2024/02/29"),
        ("1446/13/01", None),
        ("2026-13-01", None),
        ("0000-02-30", None),
    ],
)
def test_a_day_that_never_was_names_the_last_of_its_month(written: str, last: str | None) -> None:
    with pytest.raises(Malformed) as caught:
        parse_day(written)

    assert caught.value.params.get("last") == last


def test_both_ends_of_the_gregorian_calendar_are_days() -> None:
    assert parse_day("0001-01-01") == date.min
    assert parse_day("9999-12-31") == date.max
    assert both_calendars(date.max) == BothCalendars("9999-12-31", None)


def test_both_ends_of_umm_al_qura_are_shown_and_the_days_beside_them_are_not() -> None:
    assert both_calendars(FIRST_DAY) == BothCalendars("1924-08-01", "1343/01/01")
    assert both_calendars(LAST_DAY) == BothCalendars("2077-11-16", "1500/12/30")
    assert both_calendars(date(1924, 7, 31)).hijri is None
    assert both_calendars(date(2077, 11, 17)).hijri is None
    with pytest.raises(OverflowError):
        hijri_text(date(2077, 11, 17))


@pytest.mark.parametrize("written", ["12/8/1374", "12/08/1374", "1374/8/12", "١٣٧٤-٠٨-١٢"])
def test_the_date_of_an_old_deed_is_read_day_first_or_year_first(written: str) -> None:
    assert str(parse_hijri(written)) == "1374/08/12"


@pytest.mark.parametrize("written", ["1447/02/30", "1342/01/01", "1501/01/01", "1446/13/01"])
def test_a_day_that_never_was_is_read_from_a_paper_all_the_same(written: str) -> None:
    day = parse_hijri(written)

    assert str(day) == written
    assert not day.exists


def test_hijri_days_are_compared_by_their_order() -> None:
    assert HijriDay(1446, 2, 30) < HijriDay(1446, 3, 1) < HijriDay(1447, 1, 1)


def test_a_hijri_month_has_29_or_30_days() -> None:
    assert hijri_month(1445, 9) == (date(2024, 3, 11), date(2024, 4, 9))
    assert hijri_month(1446, 1) == (date(2024, 7, 7), date(2024, 8, 4))
    with pytest.raises(Malformed):
        hijri_month(1446, 13)


def test_months_have_the_names_of_official_papers() -> None:
    assert hijri_month_name(4) == "ربيع الآخر"
    assert hijri_month_name(6) == "جمادى الآخرة"
    assert hijri_month_name(9, "en") == "Ramadan"


def test_a_day_is_said_in_both_calendars() -> None:
    day = date(2026, 11, 24)

    assert hijri_words(day) == "14 جمادى الآخرة 1448هـ"
    assert gregorian_words(day) == "24 نوفمبر 2026م"
    assert weekday_name(date(2026, 11, 29)) == "الأحد"


def test_a_day_of_law_begins_at_midnight_in_riyadh() -> None:
    assert legal_day(datetime(2026, 11, 24, 20, 59, tzinfo=UTC)) == date(2026, 11, 24)
    assert legal_day(datetime(2026, 11, 24, 21, 0, tzinfo=UTC)) == date(2026, 11, 25)


def test_a_day_lasts_from_its_midnight_to_the_midnight_after_it() -> None:
    day = date(2026, 11, 24)

    assert midnight(day) == datetime(2026, 11, 23, 21, tzinfo=UTC)
    assert midnight_after(day) == datetime(2026, 11, 24, 21, tzinfo=UTC)
    assert legal_day(midnight_after(day) - timedelta(microseconds=1)) == day


def test_three_years_are_gregorian_years() -> None:
    assert add_years(date(2024, 10, 13), 3) == date(2027, 10, 13)
    assert add_years(date(2024, 2, 29), 3) == date(2027, 2, 28)


@pytest.mark.parametrize("written", ["2018-11-20", "20/11/2018", "٢٠١٨/١١/٢٠"])
def test_a_gregorian_day_on_a_deed_becomes_its_hijri_day(written: str) -> None:
    assert str(parse_hijri(written)) == "1440/03/12"


def test_a_gregorian_day_past_the_tables_is_no_hijri_day() -> None:
    with pytest.raises(Malformed):
        parse_hijri("2150-01-01")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("١٤٤٨/٠٦", date(2026, 11, 11), date(2026, 12, 9)),
    ],
)
def test_a_month_is_of_either_calendar(text: str, first: date, last: date) -> None:
    assert parse_month(text) == (text, first, last)


@pytest.mark.parametrize("text", ["2026-13", "1448-00", "0000-01", "9999-12", "2077-11"])
def test_no_such_month_is_a_fault(text: str) -> None:
    with pytest.raises(Malformed, match="month"):
        parse_month(text)
