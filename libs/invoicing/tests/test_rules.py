"""What becomes of an invoice in each state, whole."""

from datetime import date, datetime, time, timedelta

import pytest

from invoicing import rules
from invoicing.rules import Status
from saudi.days import RIYADH

STATES = list(Status)


@pytest.mark.parametrize("status", STATES)
def test_money_is_taken_once(status: Status) -> None:
    first = rules.after_payment(status, waited_for=True, takes_ended=True)

    assert first in (Status.PAID, Status.REFUND_REQUESTED, None)
    if first is not None:
        assert rules.after_payment(first, waited_for=True, takes_ended=True) is None


def test_money_is_in_time_until_the_end_of_the_last_day_in_riyadh() -> None:
    last = date(2026, 12, 7)
    end = datetime.combine(last + timedelta(days=1), time(), RIYADH)

    assert rules.is_in_time(end - timedelta(seconds=1), last)
    assert not rules.is_in_time(end, last)


@pytest.mark.parametrize("waited_for", [True, False])
@pytest.mark.parametrize("status", STATES)
def test_money_pays_only_what_the_owner_waits_for(status: Status, waited_for: bool) -> None:
    after = rules.after_payment(status, waited_for=waited_for, takes_ended=True)

    open_or_ended = status in (Status.REQUESTED, Status.ENDED)
    assert (after is Status.PAID) == (waited_for and open_or_ended)


def test_the_money_of_a_withdrawn_invoice_goes_back_though_the_owner_waits() -> None:
    after = rules.after_payment(Status.WITHDRAWN, waited_for=True, takes_ended=True)

    assert after is Status.REFUND_REQUESTED


@pytest.mark.parametrize("waited_for", [True, False])
@pytest.mark.parametrize("status", STATES)
def test_a_service_that_takes_no_ended_invoice_ignores_only_the_money_of_ended_invoices(
    status: Status, waited_for: bool
) -> None:
    after = rules.after_payment(status, waited_for=waited_for, takes_ended=False)

    others = rules.after_payment(status, waited_for=waited_for, takes_ended=True)
    assert after is (None if status is Status.ENDED else others)


@pytest.mark.parametrize("status", STATES)
def test_only_an_open_invoice_ends_or_is_withdrawn(status: Status) -> None:
    is_open = status is Status.REQUESTED

    assert rules.after_bill_end(status) is (Status.ENDED if is_open else None)
    assert rules.after_withdrawal(status) is (Status.WITHDRAWN if is_open else None)


@pytest.mark.parametrize(
    ("status", "given_up", "returned"),
    [
        (Status.REQUESTED, Status.WITHDRAWN, Status.WITHDRAWN),
        (Status.PAID, Status.REFUND_REQUESTED, Status.HELD),
        (Status.HELD, Status.REFUND_REQUESTED, None),
        (Status.WITHDRAWN, None, None),
        (Status.ENDED, None, None),
        (Status.REFUND_REQUESTED, None, None),
        (Status.REFUNDING, None, None),
        (Status.REFUNDED, None, None),
    ],
)
def test_money_that_is_not_wanted_goes_back_and_money_of_a_returned_owner_is_held(
    status: Status, given_up: Status | None, returned: Status | None
) -> None:
    assert rules.after_giving_up(status) is given_up
    assert rules.after_return(status) is returned


@pytest.mark.parametrize("status", STATES)
def test_a_refund_is_noted_once_in_either_order(status: Status) -> None:
    agreed, sent = (rules.after_refund(status, sent=one) for one in (False, True))

    assert agreed is (None if status in (Status.REFUNDING, Status.REFUNDED) else Status.REFUNDING)
    assert sent is (None if status is Status.REFUNDED else Status.REFUNDED)
    assert rules.after_refund(Status.REFUNDED, sent=False) is None


@pytest.mark.parametrize("status", STATES)
def test_an_owner_lacks_money_after_a_refund_that_nobody_asked_for(status: Status) -> None:
    expected = status in (Status.REQUESTED, Status.PAID)

    assert rules.lacks_money_after_refund(status) is expected


def test_another_invoice_follows_only_when_nobody_can_pay_and_no_money_is_used() -> None:
    assert (
        frozenset((Status.REQUESTED, Status.PAID, Status.HELD, Status.REFUND_REQUESTED))
        == frozenset(Status) - rules.OVER
    )
