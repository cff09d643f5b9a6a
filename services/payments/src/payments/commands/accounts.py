"""The payer gives the account to which money goes back."""

from sqlalchemy.orm import undefer

from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from payments.commands.decisions import has_open_decision
from payments.commands.recording import record_payment
from payments.domain.payments import Status, goes_back
from payments.domain.refunds import GIVE_ACCOUNT, Payer, refund_state, require_account_wanted
from payments.models import Bill, Payment


def give_account(work: UnitOfWork, payer: Payer, payment_id: str, iban: str) -> Payment:
    """Keeps the account for the accountant who proposes the refund; it takes the place of an earlier one. `iban` was
    read by `read_iban`. The holder is the payer of the bill: nobody names another one here. Publishes nothing, because
    the state of the money is the same. Raises NotFound, AccountNotWanted."""
    payment, bill = _lock_own(work, payer, payment_id)
    state = refund_state(
        Status(payment.status),
        is_returned=payment.is_returned,
        has_proposal=has_open_decision(work.session, payment_id),
        has_account=payment.account_iban is not None,
    )
    require_account_wanted(state)
    if payment.account_iban != iban:
        payment.account_iban, payment.account_holder = iban, bill.payer_name
        payment.account_given_at = work.now
        payment.account_given_by = payer.gives_as(bill.payer_number or "").value
        record_payment(work, payment, GIVE_ACCOUNT, None)
    return payment


def _lock_own(work: UnitOfWork, payer: Payer, payment_id: str) -> tuple[Payment, Bill]:
    """Returns the payer's money that goes back, locked, and its bill. Raises NotFound."""
    payment = work.lock(Payment, payment_id)
    bill = payment.bill_id and work.session.get(
        Bill, payment.bill_id, options=[undefer(Bill.payer)]
    )
    if not bill or bill.payer_number not in payer.numbers:
        raise NotFound
    if not goes_back(payment.status, payment.refund_wanted):
        raise NotFound
    return payment, bill
