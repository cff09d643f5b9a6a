"""A bill that is given up ends, in whatever order it's given up, found paid at the bill system, and told of money."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from chassis.data.unit_of_work import UnitOfWork
from payments.commands import bills
from payments.commands.recording import BILL_SYSTEM
from payments.domain.registration import Outcome, Result
from payments.models import Bill

Step = Callable[[Any, Any, Bill], None]


def find_paid(desk: Any, session: Any, bill: Bill) -> None:
    number = bill.bill_number or "4482000777"
    result = Result(Outcome.PAID, None, number, "174")
    bills.note_paid_at_bill_system(UnitOfWork(session, BILL_SYSTEM, desk.now), bill, result)


def withdraw(desk: Any, _session: Any, bill: Bill) -> None:
    desk.withdraw(bill)


def expire(desk: Any, session: Any, bill: Bill) -> None:
    bills.expire_bill(UnitOfWork(session, BILL_SYSTEM, desk.now), bill.bill_id)


def misfit(desk: Any, _session: Any, bill: Bill) -> None:
    desk.notice(bill, amount_halalas=74_900)


def take(desk: Any, session: Any, bill: Bill, steps: tuple[Step, ...]) -> None:
    for step in steps:
        step(desk, session, bill)


@pytest.mark.parametrize("steps", list(permutations([withdraw, find_paid])))
def test_a_withdrawn_bill_that_is_paid_there_ends_in_either_order(
    desk: Any, session: Any, published: Any, steps: tuple[Step, ...]
) -> None:
    bill = desk.bill()

    take(desk, session, bill, steps)

    assert (bill.status, bill.task, bill.ended_at) == ("cancelled", None, desk.now)
    assert published() == ["bill.registered", "bill.cancelled"]


@pytest.mark.parametrize("steps", list(permutations([expire, find_paid, misfit])))
def test_a_late_bill_that_is_paid_there_with_money_that_does_not_fit_expires_in_any_order(
    desk: Any, session: Any, published: Any, steps: tuple[Step, ...]
) -> None:
    bill = desk.bill()

    take(desk, session, bill, steps)

    assert (bill.status, bill.task, bill.ended_at) == ("expired", None, desk.now)
    assert sorted(published()) == ["bill.expired", "bill.registered", "payment.suspended"]


@pytest.mark.parametrize("steps", list(permutations([withdraw, find_paid, misfit])))
def test_a_withdrawn_bill_with_money_that_does_not_fit_is_cancelled_in_any_order(
    desk: Any, session: Any, published: Any, steps: tuple[Step, ...]
) -> None:
    bill = desk.bill()

    take(desk, session, bill, steps)

    assert (bill.status, bill.task) == ("cancelled", None)
    assert published().count("bill.cancelled") == 1


@pytest.mark.parametrize("steps", list(permutations([expire, find_paid])))
def test_a_late_bill_that_is_paid_there_waits_for_its_money_in_either_order(
    desk: Any, session: Any, steps: tuple[Step, ...]
) -> None:
    bill = desk.bill()

    take(desk, session, bill, steps)
    assert (bill.status, bill.ending) == ("registered", "expired")

    payment = desk.notice(bill)
    assert (bill.status, payment.status) == ("settled", "settled")


@pytest.mark.parametrize("steps", list(permutations([expire, misfit])))
def test_a_late_bill_with_money_that_does_not_fit_is_cancelled_there_first(
    desk: Any, session: Any, steps: tuple[Step, ...]
) -> None:
    bill = desk.bill()

    take(desk, session, bill, steps)

    assert (bill.status, bill.task) == ("registered", "cancel")


def test_a_late_bill_that_is_withdrawn_after_it_was_found_paid_is_cancelled(
    desk: Any, session: Any
) -> None:
    bill = desk.bill()
    take(desk, session, bill, (expire, find_paid))

    desk.withdraw(bill)

    assert (bill.status, bill.reason) == ("cancelled", "application-withdrawn")


@pytest.mark.parametrize(("amount", "status"), [(75_000, "settled"), (74_900, "expired")])
def test_money_that_came_before_its_number_was_known_settles_a_late_bill_or_lets_it_expire(
    desk: Any, session: Any, amount: int, status: str
) -> None:
    bill = desk.invoice()
    bill.attempts, bill.unsure = 1, True
    desk.notice(None, bill_number="4482000777", amount_halalas=amount)

    take(desk, session, bill, (expire, find_paid))

    assert (bill.status, bill.task) == (status, None)
