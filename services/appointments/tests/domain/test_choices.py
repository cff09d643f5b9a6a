"""What the page behind a text's link lets its person do."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from appointments.domain.choices import Choice, choices_of

NOW = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)  # 10:00 in Riyadh
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Standing:
    """An appointment of the day after tomorrow; the person changes until two hours before."""

    status: str = "confirmed"
    starts_at: datetime = NOW + 2 * DAY
    change_until: datetime = NOW + 2 * DAY - 2 * HOUR
    is_affected: bool = False
    waits_since: datetime | None = None
    offer_until: datetime | None = None

    @property
    def cancel_until(self) -> datetime:
        return self.starts_at if self.is_affected else self.change_until


AHEAD = Standing()


def names_of(row: Standing, now: datetime = NOW) -> list[str]:
    return [one.value for one in choices_of(row, now)]


def test_before_the_day_a_person_waits_moves_prints_and_cancels() -> None:
    assert names_of(AHEAD) == ["wait", "move", "ticket", "calendar", "cancel"]


def test_a_time_that_an_officer_has_yet_to_confirm_has_no_papers() -> None:
    assert names_of(replace(AHEAD, status="requested")) == ["wait", "move", "cancel"]


def test_an_open_offer_comes_first_and_a_lapsed_one_is_gone() -> None:
    waits = replace(AHEAD, waits_since=NOW, offer_until=NOW + HOUR)

    assert names_of(waits)[:2] == ["accept", "leave"]
    assert names_of(waits, NOW + HOUR)[0] == "leave"


def test_nobody_waits_for_an_earlier_day_on_the_day() -> None:
    assert Choice.WAIT not in choices_of(AHEAD, NOW + 2 * DAY - 3 * HOUR)


def test_two_hours_before_the_papers_alone_are_left() -> None:
    late = NOW + 2 * DAY - HOUR

    assert names_of(AHEAD, late) == ["ticket", "calendar"]


def test_an_affected_appointment_is_moved_and_cancelled_also_late_and_has_no_papers() -> None:
    late = NOW + 2 * DAY - HOUR
    affected = replace(AHEAD, is_affected=True)

    assert names_of(affected, late) == ["move", "cancel"]


@pytest.mark.parametrize(
    ("status", "choices"),
    [
        ("checked_in", ["ticket", "calendar"]),
        ("called", ["ticket", "calendar"]),
        ("served", []),
        ("no_show", []),
        ("cancelled", []),
    ],
)
def test_at_the_branch_papers_are_left_and_after_the_end_nothing(
    status: str, choices: list[str]
) -> None:
    assert names_of(replace(AHEAD, status=status)) == choices
