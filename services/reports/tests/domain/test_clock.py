"""The service clock runs from filing, stands still in waiting only, and is never set back."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.domain import clock
from reports.domain.clock import Clock, ClockKind, ServiceTime
from saudi.working_time import Hours, Season, WorkingTime

HOLIDAY = date(2026, 9, 23)
OFFICE = WorkingTime(
    hours=Hours(time(7, 30), time(14, 30)),
    seasons=(Season(date(2027, 2, 8), date(2027, 3, 9), Hours(time(10), time(15))),),
    holidays=frozenset({HOLIDAY}),
)
WORKING, CONTINUOUS = ClockKind.WORKING, ClockKind.CONTINUOUS


def at(text: str) -> datetime:
    """A moment in Riyadh, as UTC."""
    return datetime.fromisoformat(f"{text}+03:00").astimezone(UTC)


def of(kind: ClockKind, started: str, **time_: int) -> Clock:
    return Clock(ServiceTime(kind, **time_), at(started))


@pytest.mark.parametrize(
    ("began", "due"),
    [
        ("2026-11-24T08:00", "2026-11-24T12:00"),
        ("2026-11-24T12:30", "2026-11-25T09:30"),  # two hours are left, two come the next day
        ("2026-11-24T20:00", "2026-11-25T11:30"),
        ("2026-11-26T13:30", "2026-11-29T10:30"),  # Thursday, then Sunday
        ("2026-11-27T10:00", "2026-11-29T11:30"),  # a Friday
        ("2026-09-22T14:00", "2026-09-24T11:00"),  # over the holiday
        ("2027-02-08T14:00", "2027-02-09T13:00"),  # Ramadan: ten to three
    ],
)
def test_working_hours_are_those_of_the_office(began: str, due: str) -> None:
    assert clock.due_at(of(WORKING, began, hours=4), OFFICE) == at(due)


def test_working_days_end_at_closing_time_of_the_last() -> None:
    assert clock.due_at(of(WORKING, "2026-11-25T11:00", days=3), OFFICE) == at("2026-11-30T14:30")


def test_danger_is_counted_in_every_hour() -> None:
    assert clock.due_at(of(CONTINUOUS, "2026-11-27T22:00", hours=8), OFFICE) == at(
        "2026-11-28T06:00"
    )


def test_nobody_can_tell_when_a_standing_clock_is_due() -> None:
    standing = clock.pause(of(WORKING, "2026-11-24T08:00", hours=4), at("2026-11-24T09:00"))

    assert clock.due_at(standing, OFFICE) is None
    assert clock.escalates_at(standing, 0.5, OFFICE) is None


def test_a_pause_over_the_weekend_costs_working_time_only() -> None:
    own = of(WORKING, "2026-11-26T12:30", hours=4)  # Thursday: due Sunday at 9:30

    paused = clock.pause(own, at("2026-11-26T13:30"))
    resumed = clock.resume(paused, at("2026-11-29T08:30"), OFFICE)

    assert resumed.paused_for == timedelta(hours=2)
    assert clock.due_at(resumed, OFFICE) == at("2026-11-29T11:30")


def test_a_second_pause_while_it_stands_changes_nothing() -> None:
    standing = clock.pause(of(WORKING, "2026-11-24T08:00", hours=4), at("2026-11-24T09:00"))

    assert clock.pause(standing, at("2026-11-24T12:00")) == standing


def test_a_correction_of_the_type_counts_the_pause_in_the_other_kind_of_time() -> None:
    paused = clock.pause(of(WORKING, "2026-11-26T12:30", hours=4), at("2026-11-26T13:30"))
    resumed = clock.resume(paused, at("2026-11-29T08:30"), OFFICE)

    corrected = Clock(ServiceTime(CONTINUOUS, hours=24), resumed.started_at, resumed.stood)

    assert corrected.paused_for == timedelta(days=2, hours=19)


def test_an_unassigned_report_escalates_before_an_assigned_one_does() -> None:
    shares = [
        (clock.next_level(level, is_assigned=False), clock.next_level(level, is_assigned=True))
        for level in range(clock.LEVELS)
    ]

    assert shares == [(0.25, 1.0), (0.5, 1.5), (1.0, 2.0)]
    assert clock.next_level(clock.LEVELS, is_assigned=True) is None


def test_an_assigned_report_escalates_when_it_is_due() -> None:
    own = of(CONTINUOUS, "2026-11-27T22:00", hours=8)

    assert clock.escalates_at(own, 1.0, OFFICE) == clock.due_at(own, OFFICE)


MOMENTS = st.integers(0, 700 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
PAUSES = st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 40_000)), max_size=4)


@given(began=MOMENTS, hours=st.integers(1, 80), kind=st.sampled_from(ClockKind), pauses=PAUSES)
def test_due_time_is_filing_plus_service_time_plus_what_it_stood_still(
    began: datetime, hours: int, kind: ClockKind, pauses: list[tuple[int, int]]
) -> None:
    own, now = Clock(ServiceTime(kind, hours=hours), began), began
    for before, long in pauses:
        now += timedelta(minutes=before)
        own = clock.pause(own, now)
        now += timedelta(minutes=long)
        own = clock.resume(own, now, OFFICE)

    due = clock.due_at(own, OFFICE)

    assert due is not None
    spent = clock.elapsed(kind, began, due, OFFICE)
    assert spent == timedelta(hours=hours) + own.paused_for


@given(began=MOMENTS, hours=st.integers(1, 80), pause=st.integers(0, 40_000))
def test_no_pause_brings_the_due_time_forward(began: datetime, hours: int, pause: int) -> None:
    own = Clock(ServiceTime(WORKING, hours=hours), began)
    paused = clock.pause(own, began + timedelta(minutes=7))
    resumed = clock.resume(paused, began + timedelta(minutes=7 + pause), OFFICE)

    first, later = clock.due_at(own, OFFICE), clock.due_at(resumed, OFFICE)

    assert first is not None
    assert later is not None
    assert first <= later
