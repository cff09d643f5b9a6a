"""Plans, slots and closures, without a database."""

from copy import deepcopy
from datetime import date, datetime
from typing import Any

import pytest

from appointments.domain.schedule import (
    Place,
    PlannedDays,
    Span,
    Timetable,
    is_ramadan,
    parse_plan,
)
from appointments.sample import sample_plan
from chassis.core.refusals import InvalidFields
from saudi.days import RIYADH

WEDNESDAY, FRIDAY = date(2026, 11, 25), date(2026, 11, 27)
RAMADAN = date(2027, 2, 9)  # 1448/09/02, a Tuesday


def at(clock: str, day: date = WEDNESDAY) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=RIYADH)


def span(opens: str, closes: str, day: date = WEDNESDAY) -> Span:
    return Span(at(opens, day), at(closes, day))


def plan_with(**changes: Any) -> Any:
    return parse_plan({**sample_plan(), **changes})


def starts(slots: list[Span]) -> list[str]:
    return [f"{one.starts_at:%H:%M}" for one in slots]


def test_a_day_has_its_slots_without_the_break() -> None:
    plan = plan_with()

    slots = plan.slots_on(WEDNESDAY, plan.services["inquiry"], [])

    assert starts(slots)[:3] == ["08:00", "08:15", "08:30"]
    assert starts(slots)[15:17] == ["11:45", "12:30"]
    assert len(slots) == 22


def test_nothing_is_offered_on_a_friday() -> None:
    plan = plan_with()

    assert plan.slots_on(FRIDAY, plan.services["inquiry"], []) == []


def test_ramadan_has_hours_of_its_own() -> None:
    plan = plan_with()

    slots = plan.slots_on(RAMADAN, plan.services["inquiry"], [])

    assert is_ramadan(RAMADAN)
    assert (starts(slots)[0], starts(slots)[-1]) == ("10:00", "14:15")


def test_a_closure_takes_slots_away_and_moves_none() -> None:
    plan = plan_with()

    slots = plan.slots_on(WEDNESDAY, plan.services["inquiry"], [span("08:20", "09:00")])

    assert starts(slots)[:3] == ["08:00", "09:00", "09:15"]


def test_a_slot_never_reaches_beyond_the_closing_time() -> None:
    plan = plan_with(
        breaks=[], hours=[{"weekdays": ["wednesday"], "opens": "08:00", "closes": "08:50"}]
    )

    slots = plan.slots_on(WEDNESDAY, plan.services["inquiry"], [])

    assert starts(slots) == ["08:00", "08:15", "08:30"]


def test_a_counter_with_two_places_serves_two_people_at_once() -> None:
    plan = plan_with(counters=[{"counter": 1, "places": 2, "services": ["inquiry"]}])

    assert plan.places_for("inquiry") == [Place(1, 1), Place(1, 2)]
    assert plan.places_for("engineer") == []


@pytest.mark.parametrize(
    ("slot", "place", "changes", "kept"),
    [
        (span("09:15", "09:30"), Place(2, 1), {}, True),
        (span("09:10", "09:40"), Place(2, 1), {}, True),  # another length does no harm
        (span("12:15", "12:30"), Place(2, 1), {}, False),
        (span("13:45", "14:15"), Place(2, 1), {}, False),
        (span("09:15", "09:30"), Place(3, 1), {}, False),
        (span("09:15", "09:30"), Place(2, 2), {}, False),
        (span("09:15", "09:30"), Place(2, 1), {"hours": []}, False),
    ],
)
def test_a_booking_is_kept_while_its_place_serves_through_its_slot(
    slot: Span, place: Place, changes: Any, kept: bool
) -> None:
    assert plan_with(**changes).can_serve("inquiry", slot, place, []) is kept


def test_a_booking_in_a_closure_is_not_kept() -> None:
    closed = [span("09:25", "10:00")]

    assert not plan_with().can_serve("inquiry", span("09:15", "09:30"), Place(2, 1), closed)
    assert plan_with().can_serve("inquiry", span("09:00", "09:15"), Place(2, 1), closed)


def test_every_fault_of_a_plan_is_named_at_once() -> None:
    plan = deepcopy(sample_plan())
    plan["breaks"] = [{"opens": "12:30", "closes": "12:00"}]
    plan["hours"].append({"weekdays": ["monday"], "opens": "13:00", "closes": "15:00"})
    plan["counters"][1] = {"counter": 1, "places": 1, "services": ["marriage"]}
    plan["services"].append(plan["services"][0])

    with pytest.raises(InvalidFields) as refused:
        parse_plan(plan)

    assert [(one.field, one.code) for one in refused.value.faults] == [
        ("plan.hours.1", "hours-overlap"),
        ("plan.breaks.0", "end-before-start"),
        ("plan.counters.1.counter", "repeated-in-plan"),
        ("plan.services.2.service", "repeated-in-plan"),
        ("plan.counters.1.services", "service-unknown"),
    ]


def test_a_day_has_the_plan_that_began_last_and_of_two_the_later_decision() -> None:
    winter, summer, corrected = plan_with(), plan_with(breaks=[]), plan_with(hours=[])
    days = [date(2026, 1, 1), date(2026, 6, 1), date(2026, 6, 1)]
    plans = [
        PlannedDays(first, None, plan)
        for first, plan in zip(days, (winter, summer, corrected), strict=True)
    ]
    timetable = Timetable(plans, [], frozenset())

    assert timetable.plan_on(date(2025, 12, 31)) is None
    assert timetable.plan_on(date(2026, 5, 31)) is winter
    assert timetable.plan_on(date(2026, 6, 1)) is corrected


def test_a_plan_of_some_days_holds_on_them_whatever_was_set_later() -> None:
    usual, autumn, week = plan_with(), plan_with(breaks=[]), plan_with(hours=[])
    plans = [
        PlannedDays(date(2026, 1, 1), None, usual),
        PlannedDays(date(2026, 6, 1), date(2026, 6, 7), week),
        PlannedDays(date(2026, 6, 3), None, autumn),
    ]
    timetable = Timetable(plans, [], frozenset())

    found = [timetable.plan_on(date(2026, *day)) for day in ((5, 31), (6, 1), (6, 7), (6, 8))]
    assert found == [usual, week, week, autumn]


def test_a_plan_of_some_days_is_shortened_by_another_with_the_same_first_day() -> None:
    usual, week = plan_with(), plan_with(hours=[])
    plans = [
        PlannedDays(date(2026, 1, 1), None, usual),
        PlannedDays(date(2026, 6, 1), date(2026, 6, 7), week),
        PlannedDays(date(2026, 6, 1), date(2026, 6, 2), week),
    ]
    timetable = Timetable(plans, [], frozenset())

    assert [timetable.plan_on(date(2026, 6, day)) for day in (2, 3)] == [week, usual]


def test_a_public_holiday_has_no_slot_and_keeps_no_booking() -> None:
    timetable = Timetable([PlannedDays(WEDNESDAY, None, plan_with())], [], frozenset({WEDNESDAY}))

    assert timetable.slots_on(WEDNESDAY, "inquiry") == []
    assert not timetable.can_serve("inquiry", span("09:15", "09:30"), Place(2, 1))
