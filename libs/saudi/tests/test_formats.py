"""Days and moments as contracts take and show them."""

from datetime import UTC, date, datetime

import pytest

from saudi import Malformed
from saudi.formats import FORMATS, with_hijri
from saudi.moments import parse_moment

HALF_PAST_EIGHT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T08:30:00Z",
        "2026-11-24t11:30:00+03:00",
        "1448/06/14T11:30:00+03:00",
        "١٤٤٨-٠٦-١٤T١١:٣٠:٠٠+٠٣:٠٠",
        "14/6/1448 08:30:00.000Z",
    ],
)
def test_a_moment_has_its_day_in_either_calendar(text: str) -> None:
    assert parse_moment(text) == HALF_PAST_EIGHT


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-11-24", "moment-format"),
        ("2026-11-24T08:30:00", "moment-format"),
        ("2016-12-31T23:59:60Z", "moment-format"),
        ("0001-01-01T00:00:00+03:00", "moment-format"),
        ("9999-12-31T23:00:00-03:00", "moment-format"),
        ("9999-12-31T23:00:00Z", "moment-format"),
        ("1447/02/30T08:30:00Z", "no-such-day"),
        ("1300/01/01T08:30:00Z", "outside-calendar"),
    ],
)
def test_what_is_no_moment_says_why(text: str, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_moment(text)

    assert caught.value.code == code


def test_a_format_reads_a_day_of_either_calendar() -> None:
    assert FORMATS["calendar-day"]("1448/06/14") == date(2026, 11, 24)


def test_a_format_reads_a_number_in_any_digits() -> None:
    assert (
        FORMATS["any-digits"]("١٤٤٨٠٤٠٠٠٠١٧")
        == FORMATS["any-digits"]("144804000017")
        == "144804000017"
    )


def test_a_day_of_an_answer_stands_in_both_calendars_at_any_depth() -> None:
    shown = with_hijri(
        {"due_on": "2026-11-24", "ends": [{"at": "2026-11-23T21:30:00Z"}], "until": None},
        {"due_on", "at", "until"},
    )

    assert shown == {
        "due_on": "2026-11-24",
        "due_on_hijri": "1448/06/14",
        "ends": [{"at": "2026-11-23T21:30:00Z", "at_hijri": "1448/06/14"}],
        "until": None,
        "until_hijri": None,
    }


@pytest.mark.parametrize("day", ["0001-01-01", "1924-07-31", "2077-11-17", "9999-12-31"])
def test_a_day_outside_the_tables_has_no_hijri_one(day: str) -> None:
    assert with_hijri({"on": day}, {"on"})["on_hijri"] is None
