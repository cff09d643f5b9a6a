"""What a person may do with appointments, without a database."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from appointments.domain import appointments as rules
from appointments.domain.appointments import (
    LIFE,
    Action,
    BookingLimits,
    CancelledBy,
    NotPossibleNow,
    SlotNotBookable,
    Status,
    TooLateToChange,
    TooManyOpen,
)
from appointments.domain.schedule import PlannedService
from chassis.core.refusals import IllegalTransition
from saudi.bilingual import Bilingual

NOW = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)  # 10:00 in Riyadh
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIMITS = BookingLimits(open_appointments=3, no_shows=3, no_show_days=90, with_no_shows=1)
INQUIRY = PlannedService(
    "inquiry", Bilingual("استفسار", "Inquiry"), 15, 60, 30, 120, needs_confirmation=False
)


def facts(
    status: Status = Status.CONFIRMED, starts_at: datetime = NOW, *, is_affected: bool = False
) -> Any:
    return SimpleNamespace(status=status, starts_at=starts_at, is_affected=is_affected)


@pytest.mark.parametrize(
    ("starts_at", "code"),
    [
        (NOW + timedelta(minutes=59), "too-soon"),
        (NOW + HOUR, None),
        (NOW + 30 * DAY, None),
        (NOW + 31 * DAY, "too-far"),
    ],
)
def test_a_slot_is_booked_between_lead_time_and_horizon(
    starts_at: datetime, code: str | None
) -> None:
    if code is None:
        rules.require_bookable(INQUIRY, starts_at, NOW)
        return
    with pytest.raises(SlotNotBookable) as refused:
        rules.require_bookable(INQUIRY, starts_at, NOW)
    assert refused.value.code == code


def test_an_offer_lasts_thirty_minutes_and_not_beyond_the_beginning_of_its_slot() -> None:
    assert rules.offer_end(NOW + 2 * HOUR, NOW) == NOW + timedelta(minutes=30)
    assert rules.offer_end(NOW + timedelta(minutes=5), NOW) == NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("open_now", "missed_days_ago", "refused"),
    [
        (2, [], None),
        (3, [], True),
        (0, [1, 2, 3], None),
        (1, [1, 2, 3], "no-shows"),
        (1, [1, 2, 91], None),
    ],
)
def test_three_no_shows_within_ninety_days_leave_one_open_appointment(
    open_now: int, missed_days_ago: list[int], refused: object
) -> None:
    missed = [NOW - days * DAY for days in missed_days_ago]

    if refused is None:
        LIMITS.require_room(open_now, missed, NOW)
        return
    with pytest.raises(TooManyOpen) as error:
        LIMITS.require_room(open_now, missed, NOW)
    assert error.value.code == (refused if isinstance(refused, str) else None)
    # The oldest of the three, three days ago, counts for 87 days more.
    lowered = {"limit": 1, "day": "2027/02/20"}
    assert error.value.params == (lowered if isinstance(refused, str) else {"limit": 3})


def test_changes_end_at_the_stated_time() -> None:
    rules.require_time_to_change(NOW, NOW)
    with pytest.raises(TooLateToChange):
        rules.require_time_to_change(NOW, NOW + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("late", "possible"),
    [(-61, False), (-60, True), (0, True), (8 * 60, True), (15 * 60, False)],
)
def test_people_check_in_from_an_hour_before_until_the_day_is_over(
    late: int, possible: bool
) -> None:
    now = NOW + timedelta(minutes=late)

    if possible:
        rules.require_now(Action.CHECK_IN, facts(), now)
        return
    with pytest.raises(NotPossibleNow, match="check-in-not-now"):
        rules.require_now(Action.CHECK_IN, facts(), now)


@pytest.mark.parametrize(
    ("riyadh", "offered"),
    [("03:00", "08:00"), ("08:00", "08:00"), ("19:59", "19:59"), ("20:00", "08:00 next day")],
)
def test_a_freed_slot_is_offered_by_day_only(riyadh: str, offered: str) -> None:
    hour, minute = map(int, riyadh.split(":"))
    freed = datetime(2026, 11, 25, hour, minute, tzinfo=UTC) - 3 * HOUR

    found = rules.offer_time(freed)

    local = found.astimezone(UTC) + 3 * HOUR
    assert f"{local:%H:%M}" == offered[:5]
    assert (local.day == 26) is offered.endswith("next day")


def test_only_a_confirmed_person_who_stayed_away_has_missed_the_appointment() -> None:
    ended = (Status.CANCELLED, CancelledBy.DAY_END)

    assert rules.end_of_day(Status.CONFIRMED, is_affected=False) == (Status.NO_SHOW, None)
    assert rules.end_of_day(Status.CONFIRMED, is_affected=True) == ended
    for status in (Status.REQUESTED, Status.CHECKED_IN, Status.CALLED):
        assert rules.end_of_day(status, is_affected=False) == ended


def test_an_open_appointment_ends_at_eight_on_the_next_morning() -> None:
    assert rules.day_end(NOW) == datetime(2026, 11, 26, 5, 0, tzinfo=UTC)  # 08:00 in Riyadh


def test_an_affected_appointment_is_neither_confirmed_nor_missed() -> None:
    requested = facts(Status.REQUESTED, NOW + HOUR, is_affected=True)
    confirmed = facts(is_affected=True)
    for action, row in ((Action.CONFIRM, requested), (Action.MISS, confirmed)):
        with pytest.raises(NotPossibleNow, match="appointment-affected"):
            rules.require_now(action, row, NOW)
    ahead = rules.possible_actions(requested, NOW)
    begun = rules.possible_actions(confirmed, NOW)
    assert Action.CONFIRM not in ahead
    assert Action.MISS not in begun
    assert Action.CANCEL in begun


def test_an_officer_is_shown_only_what_the_hour_allows() -> None:
    def possible(status: Status, starts_at: datetime) -> set[Action]:
        return set(rules.possible_actions(facts(status, starts_at), NOW))

    assert Action.CONFIRM in possible(Status.REQUESTED, NOW + HOUR)
    assert Action.CONFIRM not in possible(Status.REQUESTED, NOW)
    assert Action.MISS not in possible(Status.CONFIRMED, NOW + HOUR)
    assert Action.MISS in possible(Status.CONFIRMED, NOW)
    assert Action.CHECK_IN in possible(Status.CONFIRMED, NOW + HOUR)
    assert Action.CHECK_IN not in possible(Status.CONFIRMED, NOW + 2 * HOUR)
    assert Action.CHECK_IN not in possible(Status.CONFIRMED, NOW - 24 * HOUR)


def test_an_ended_appointment_allows_nothing() -> None:
    for status in rules.ENDED:
        assert LIFE.possible(status) == []
        with pytest.raises(IllegalTransition):
            LIFE.after(Action.CHECK_IN, status)
