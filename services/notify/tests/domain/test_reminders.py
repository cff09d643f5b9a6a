"""When somebody is reminded that something ends."""

from datetime import UTC, date, datetime, timedelta

import pytest

from notify.domain.reminders import (
    due_days,
    list_text,
    next_reminder,
    reminder_source,
    reminder_time,
)

END = date(2029, 11, 24)
DAYS = (60, 30, 7)


def at(days: int, hours: float = 0) -> datetime:
    return reminder_time(END, days) + timedelta(hours=hours)


def test_a_reminder_is_due_at_nine_in_the_morning_of_riyadh() -> None:
    assert reminder_time(END, 7) == datetime(2029, 11, 17, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (at(400), at(60)),
        (at(60, -1), at(60)),
        (at(60), at(30)),
        (at(8), at(7)),
        (at(7), None),
        (at(-3), None),
    ],
)
def test_the_next_reminder_is_the_first_one_that_is_not_past(
    now: datetime, due: datetime | None
) -> None:
    assert next_reminder(END, DAYS, after=now) == due


@pytest.mark.parametrize(
    ("planned", "now", "days"),
    [
        (at(60), at(60), 60),
        (at(60), at(60, 5), 60),
        (at(60), at(29), 30),
        (at(60), at(3), 7),
        (at(7), at(7), 7),
        (at(7), at(-1), None),
        (at(30), at(60), None),
    ],
)
def test_after_an_outage_the_last_due_reminder_goes_out(
    planned: datetime, now: datetime, days: int | None
) -> None:
    assert due_days(END, DAYS, planned=planned, now=now) == days


def test_on_the_last_valid_day_a_late_reminder_still_goes_out() -> None:
    assert due_days(END, DAYS, planned=at(7), now=at(0, 14)) == 7


def test_a_reminder_of_another_end_or_day_is_another_one() -> None:
    one = reminder_source("permit", "p1", END, 7)

    assert one != reminder_source("permit", "p1", END, 30)
    assert one != reminder_source("permit", "p1", END + timedelta(days=1), 7)


def test_a_list_names_the_first_three_and_counts_the_others() -> None:
    things = [(str(number), END + timedelta(days=number)) for number in range(1, 6)]

    assert list_text(things[:1], "en") == "1 (2029/11/25)"
    assert list_text(things[:3], "en") == "1 (2029/11/25), 2 (2029/11/26), 3 (2029/11/27)"
    assert list_text(things, "ar") == "1 (2029/11/25)، 2 (2029/11/26)، 3 (2029/11/27) و2 غيرها"
    assert list_text(things, "bn").endswith("3 (2029/11/27) and 2 more")
