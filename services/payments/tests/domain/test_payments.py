"""Which money settles a bill, and which waits."""

import pytest

from payments.domain.bills import Status, Task
from payments.domain.payments import (
    BillForMoney,
    Suspense,
    find_suspense,
    shows_payer,
    task_after_settlement,
)

OPEN = BillForMoney(Status.REGISTERED, 75_000)


def test_the_whole_amount_settles_an_open_bill_acknowledged_or_not() -> None:
    assert find_suspense(OPEN, 75_000) is None
    assert find_suspense(BillForMoney(Status.REQUESTED, 75_000), 75_000) is None


@pytest.mark.parametrize(
    ("bill", "amount", "reason"),
    [
        (None, 75_000, Suspense.UNKNOWN_BILL),
        (OPEN, 74_999, Suspense.AMOUNT_LESS),
        (OPEN, 75_001, Suspense.AMOUNT_MORE),
        (OPEN, 37_500, Suspense.AMOUNT_LESS),
        (BillForMoney(Status.SETTLED, 75_000), 75_000, Suspense.ALREADY_SETTLED),
        (BillForMoney(Status.CANCELLED, 75_000), 75_000, Suspense.BILL_CANCELLED),
        (BillForMoney(Status.EXPIRED, 75_000), 75_000, Suspense.BILL_EXPIRED),
        (BillForMoney(Status.REFUSED, 75_000), 75_000, Suspense.BILL_REFUSED),
        (BillForMoney(Status.REGISTERED, 75_000, True), 75_000, Suspense.INVOICE_WITHDRAWN),
        # What ends the bill is the reason, whatever the amount.
        (BillForMoney(Status.SETTLED, 75_000), 1, Suspense.ALREADY_SETTLED),
    ],
)
def test_other_money_waits_for_a_clerk(
    bill: BillForMoney | None, amount: int, reason: Suspense
) -> None:
    assert find_suspense(bill, amount) is reason


def test_a_bill_that_was_not_paid_at_the_bill_system_is_cancelled_there() -> None:
    assert task_after_settlement(Status.REGISTERED, None, paid_there=False) is Task.CANCEL
    assert task_after_settlement(Status.REQUESTED, Task.REGISTER, paid_there=False) is Task.REGISTER
    assert task_after_settlement(Status.REQUESTED, None, paid_there=False) is None
    assert task_after_settlement(Status.REGISTERED, Task.CANCEL, paid_there=True) is None


@pytest.mark.parametrize(
    ("subject", "money", "shown"),
    [
        ("licence_application", [], True),
        ("lease_booklet", [], False),
        ("lease_booklet", [("settled", None)], False),
        ("lease_booklet", [("dismissed", None)], False),
        ("lease_booklet", [("settled", "booklet-not-sold")], True),
        ("lease_booklet", [("settled", None), ("suspended", None)], True),
        ("lease_booklet", [("refunding", None)], True),
        ("lease_booklet", [("refunded", None)], True),
    ],
)
def test_the_payer_of_a_booklet_is_shown_once_a_clerk_deals_with_the_money(
    subject: str, money: list[tuple[str, str | None]], shown: bool
) -> None:
    assert shows_payer(subject, money) is shown
