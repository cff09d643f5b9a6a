"""When a bill that is given up has nothing left to wait for."""

import pytest

from payments.domain.bills import Status, is_over


@pytest.mark.parametrize(
    ("status", "ending", "paid_there", "money_known", "over"),
    [
        (Status.REGISTERED, Status.CANCELLED, True, False, True),
        (Status.REGISTERED, Status.CANCELLED, False, True, False),
        (Status.REGISTERED, Status.EXPIRED, True, False, False),
        (Status.REGISTERED, Status.EXPIRED, False, True, False),
        (Status.REGISTERED, Status.EXPIRED, True, True, True),
        (Status.SETTLED, Status.CANCELLED, True, True, False),
    ],
)
def test_a_bill_that_is_given_up_is_over_once_it_takes_no_money_and_awaits_none(
    status: Status, ending: Status, paid_there: bool, money_known: bool, over: bool
) -> None:
    assert is_over(status, ending, paid_there=paid_there, money_known=money_known) is over
