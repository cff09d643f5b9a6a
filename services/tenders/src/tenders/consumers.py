"""What payments publishes about the bills and the money of booklets."""

from datetime import datetime

from chassis.core.cloudevents import Received
from chassis.data.unit_of_work import UnitOfWork
from chassis.service import Topics
from tenders.commands.booklets import INVOICING, take_payment, take_refund
from tenders.context import Context
from tenders.domain.actors import PAYMENTS


def bill_registered(context: Context, event: Received) -> None:
    """Notes the numbers under which the bill system takes the money of an invoice."""
    INVOICING.note_registered(
        UnitOfWork.of(context, PAYMENTS),
        event.data["invoice_id"],
        biller_code=event.data["biller_code"],
        bill_number=event.data["bill_number"],
    )


def bill_ended(context: Context, event: Received) -> None:
    """Notes that a bill expired, was refused or was cancelled: the buyer may ask for another."""
    work = UnitOfWork.of(context, PAYMENTS)
    INVOICING.note_bill_end(work, event.data["invoice_id"], event.data["status"])


def payment_settled(context: Context, event: Received) -> None:
    """Takes the payment of a booklet."""
    invoice_id = event.data["invoice_id"]
    if invoice_id is None or event.data["service"] != INVOICING.service:
        return
    paid_at = datetime.fromisoformat(event.data["paid_at"])
    take_payment(UnitOfWork.of(context, PAYMENTS), invoice_id, paid_at=paid_at)


def payment_goes_back(context: Context, event: Received) -> None:
    """Notes that the payment of a booklet goes back, or went."""
    invoice_id, settled_at = event.data["invoice_id"], event.data["settled_at"]
    if invoice_id is None or settled_at is None or event.data["service"] != INVOICING.service:
        return
    sent = event.data["status"] == "refunded"
    take_refund(UnitOfWork.of(context, PAYMENTS), invoice_id, sent=sent)


def ignore(_context: Context, _event: Received) -> None:
    """Does nothing: a payment's own event says that a bill was paid, and payments deals with money that settles no
    invoice, and with the account of a payer whose money goes back."""


HANDLERS: Topics = {
    "payments.bill": {
        "sa.gov.qatif.payments.bill.registered.v1": bill_registered,
        "sa.gov.qatif.payments.bill.settled.v1": ignore,
        "sa.gov.qatif.payments.bill.refused.v1": bill_ended,
        "sa.gov.qatif.payments.bill.cancelled.v1": bill_ended,
        "sa.gov.qatif.payments.bill.expired.v1": bill_ended,
    },
    "payments.payment": {
        "sa.gov.qatif.payments.payment.settled.v1": payment_settled,
        "sa.gov.qatif.payments.payment.refunding.v1": payment_goes_back,
        "sa.gov.qatif.payments.payment.refunded.v1": payment_goes_back,
        "sa.gov.qatif.payments.payment.suspended.v1": ignore,
        "sa.gov.qatif.payments.payment.refund_wanted.v1": ignore,
        "sa.gov.qatif.payments.payment.account_wanted.v1": ignore,
        "sa.gov.qatif.payments.payment.dismissed.v1": ignore,
    },
}
