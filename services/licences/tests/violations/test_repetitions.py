"""Which earlier violations count: a fine costs more the second time, and a warning is given once."""

from collections.abc import Callable
from typing import Any

import pytest

from chassis.core import contracts
from licences.commands.violations.decide import cancel_violation
from licences.commands.violations.observe import confirm_violation, warn_offender
from licences.domain.violations import (
    NoWarning,
    WarningFirst,
)

from .conftest import INSPECTOR, OFFENDER, OFFICER, Case

Cases = Callable[[], Case]
FINE = 20_000  # of the item 5001: 800 riyals in class 2, a quarter for a micro establishment


@pytest.fixture(autouse=True)
def _events_are_valid(outbox_rows: Callable[[], list[Any]]) -> Any:
    """Every event that a test publishes fits the contract."""
    yield
    for row in outbox_rows():
        contracts.check_event(row.type, row.envelope["data"])


def test_the_same_offender_pays_twice_the_second_time_within_a_year(case: Cases) -> None:
    case().notified()
    again, other = case().confirmed(), case().confirmed("6002")
    later = case().days(366).confirmed()

    assert (again.row.repetition, again.row.amount_halalas) == (2, 2 * FINE)
    assert other.row.repetition == 1
    assert later.row.repetition == 1


def test_of_two_records_one_is_a_repetition_whichever_is_made_first(case: Cases) -> None:
    older = case().observed()
    newer = case().days(10).confirmed()

    older.days(11).do(confirm_violation, INSPECTOR, note="ما زالت قائمة")

    assert (newer.row.repetition, older.row.repetition) == (1, 2)


def test_what_was_seen_more_than_a_year_later_makes_no_repetition_of_what_came_before(
    case: Cases,
) -> None:
    older = case().observed()
    case().days(366).confirmed()

    older.days(367).do(confirm_violation, INSPECTOR, note="ما زالت قائمة")

    assert older.row.repetition == 1


def test_a_running_warning_is_one_and_what_is_seen_meanwhile_waits_for_its_end(
    case: Cases,
) -> None:
    first, second = case().observed("3001"), case().observed("3001")
    first.do(warn_offender, INSPECTOR)

    with pytest.raises(NoWarning):
        second.do(warn_offender, INSPECTOR)
    with pytest.raises(WarningFirst):
        second.do(confirm_violation, INSPECTOR, note="ما زالت قائمة")
    second.days(15).do(confirm_violation, INSPECTOR, note="ما زالت قائمة")

    assert (second.row.status, second.row.repetition) == ("confirmed", 1)


def test_a_cancelled_violation_is_no_repetition(case: Cases) -> None:
    case().confirmed().do(cancel_violation, OFFICER, reason="خطأ")

    assert case().confirmed().row.repetition == 1


def test_another_offender_does_it_for_the_first_time(case: Cases) -> None:
    case().confirmed()
    other = {**OFFENDER, "id_number": "7000000013"}

    assert case().confirmed(offender=other).row.repetition == 1
