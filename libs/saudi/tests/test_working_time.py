"""Working time of an office in Qatif: Sunday to Thursday, Ramadan hours, holidays."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from saudi.days import RIYADH, hijri_month
from saudi.working_time import Hours, NoWorkingDay, Season, WorkingTime

NATIONAL_DAY = date(2026, 9, 23)  # a Wednesday
RAMADAN = Season(*hijri_month(1447, 9), Hours(time(10), time(15)))  # 2026-02-18 to 2026-03-19
OFFICE = WorkingTime(
    hours=Hours(time(7, 30), time(14, 30)),
    seasons=(RAMADAN,),
    holidays=frozenset({NATIONAL_DAY}),
)


def at(day: int, hour: int, minute: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=RIYADH)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 22), True),  # Sunday
        (date(2026, 11, 26), True),  # Thursday
        (date(2026, 11, 27), False),  # Friday
        (date(2026, 11, 28), False),  # Saturday
        (NATIONAL_DAY, False),
    ],
)
def test_the_week_runs_from_sunday_to_thursday(day: date, works: bool) -> None:
    assert OFFICE.is_working_day(day) is works


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 11, 22), date(2026, 11, 25)),  # Sunday → Wednesday
        (date(2026, 11, 24), date(2026, 11, 29)),  # Tuesday → over the weekend → Sunday
        (date(2026, 11, 27), date(2026, 12, 1)),  # Friday → Tuesday
        (date(2026, 9, 21), date(2026, 9, 27)),  # over the National Day and a weekend
    ],
)
def test_three_working_days_leave_out_weekends_and_holidays(received: date, due: date) -> None:
    assert OFFICE.add_working_days(received, 3) == due
    assert OFFICE.working_days_between(received, due) == 3


def test_no_working_days_after_a_free_day_is_the_next_working_day() -> None:
    assert OFFICE.add_working_days(date(2026, 11, 24), 0) == date(2026, 11, 24)
    assert OFFICE.add_working_days(date(2026, 11, 27), 0) == date(2026, 11, 29)


def test_what_is_received_is_due_at_closing_time() -> None:
    assert OFFICE.due_after_days(at(24, 9), 3) == at(29, 14, 30)
    assert OFFICE.due_after_days(datetime(2026, 11, 24, 22, tzinfo=UTC), 1) == at(26, 14, 30)


@pytest.mark.parametrize(
    ("received", "hours", "due"),
    [
        (at(24, 9), 4, at(24, 13)),
        (at(24, 13), 4, at(25, 10)),  # 1:30 today, 2:30 tomorrow
        (at(24, 5), 4, at(24, 11, 30)),  # before opening
        (at(24, 20), 4, at(25, 11, 30)),  # after closing
        (at(26, 14), 4, at(29, 11)),  # half an hour on Thursday, the rest on Sunday
        (at(27, 9), 7, at(29, 14, 30)),  # a whole day ends at its closing time
        (at(24, 9), 24, at(29, 12)),
    ],
)
def test_working_hours_run_while_the_office_is_open(
    received: datetime, hours: int, due: datetime
) -> None:
    assert OFFICE.add_working_time(received, timedelta(hours=hours)) == due


def test_ramadan_has_its_own_hours() -> None:
    assert OFFICE.hours_on(date(2026, 2, 18)) == Hours(time(10), time(15))
    assert OFFICE.hours_on(date(2026, 2, 17)) == Hours(time(7, 30), time(14, 30))
    assert OFFICE.add_working_time(at(17, 14, month=2), timedelta(hours=1)) == at(
        18, 10, 30, month=2
    )


def test_a_closed_office_has_no_hours() -> None:
    assert OFFICE.hours_on(NATIONAL_DAY) is None


def test_the_moment_may_come_in_any_zone() -> None:
    received = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)

    assert OFFICE.add_working_time(received, timedelta(hours=1)) == at(24, 10)


def test_an_office_that_never_works_is_told() -> None:
    never = WorkingTime(hours=OFFICE.hours, weekdays=frozenset())

    with pytest.raises(NoWorkingDay):
        never.add_working_days(date(2026, 11, 24), 1)
    with pytest.raises(NoWorkingDay):
        never.add_working_time(at(24, 9), timedelta(hours=1))


def test_working_days_are_counted_forward() -> None:
    with pytest.raises(ValueError, match="forward"):
        OFFICE.add_working_days(date(2026, 11, 24), -1)


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        ("2026-11-24T08:00", "2026-11-24T10:30", 2.5),
        ("2026-11-26T13:30", "2026-11-29T08:30", 2),  # Thursday afternoon to Sunday morning
        ("2026-11-27T10:00", "2026-11-28T22:00", 0),  # a weekend
        ("2026-11-24T05:00", "2026-11-24T23:00", 7),
        ("2026-11-25T10:00", "2026-11-24T10:00", 0),  # reversed
    ],
)
def test_the_time_between_two_moments_is_that_of_the_office(
    first: str, last: str, hours: float
) -> None:
    office = WorkingTime(hours=Hours(time(7, 30), time(14, 30)))
    moments = [datetime.fromisoformat(f"{one}+03:00") for one in (first, last)]

    assert office.working_time_between(*moments) == timedelta(hours=hours)
