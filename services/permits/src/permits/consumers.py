"""What permits does with other services' events: what became of bills and of the money, what the company entered."""

from datetime import datetime

from chassis.core.cloudevents import Received
from chassis.data.unit_of_work import UnitOfWork
from chassis.service import Topics
from permits.commands import bill, insulation_entries, supply_entries
from permits.context import Context
from permits.domain.actors import SYSTEM


def bill_registered(context: Context, event: Received) -> None:
    """Notes how the bill of an invoice is paid."""
    bill.register_bill(UnitOfWork.of(context, SYSTEM), event.data["invoice_id"], event.data)


def bill_settled(_context: Context, _event: Received) -> None:
    """Does nothing: the payment's own event says that and when the bill was paid."""


def bill_ended(context: Context, event: Received) -> None:
    """Notes that a bill expired, was refused or cancelled."""
    work = UnitOfWork.of(context, SYSTEM)
    bill.end_bill(work, event.data["invoice_id"], event.data["status"])


def paid(context: Context, event: Received) -> None:
    """Takes the payment of an invoice of this service."""
    invoice_id = event.data["invoice_id"]
    if invoice_id is None or event.data["service"] != bill.SERVICE:
        return
    bill.settle_invoice(
        UnitOfWork.of(context, SYSTEM),
        invoice_id,
        payment_id=event.data["payment_id"],
        paid_at=datetime.fromisoformat(event.data["paid_at"]),
    )


def goes_back(context: Context, event: Received) -> None:
    """Notes that the money of an invoice goes back, or went. Money without an invoice is the concern of payments."""
    invoice_id, was_ours = event.data["invoice_id"], event.data["settled_at"] is not None
    if invoice_id is not None and was_ours and event.data["service"] == bill.SERVICE:
        gone = event.data["status"] == "refunded"
        bill.refund_invoice(UnitOfWork.of(context, SYSTEM), invoice_id, gone=gone)


def money_elsewhere(_context: Context, _event: Received) -> None:
    """Does nothing: payments deals with money that settles no invoice, and with the account of a payer whose money goes
    back."""


def insulation_entered(context: Context, event: Received) -> None:
    """Answers a partner's entry about insulation on permits.entry."""
    years = context.settings.insulation_validity_years
    insulation_entries.answer_insulation(
        UnitOfWork.of(context, SYSTEM), event.data, validity_years=years
    )


def supply_entered(context: Context, event: Received) -> None:
    """Answers the company's entry about the supply of a building on permits.entry."""
    supply_entries.answer_supply(UnitOfWork.of(context, SYSTEM), event.data)


HANDLERS: Topics = {
    "partner-gateway.insulation-inspection": {
        "sa.gov.qatif.partner-gateway.insulation-inspection.entered.v1": insulation_entered
    },
    "partner-gateway.supply": {"sa.gov.qatif.partner-gateway.supply.entered.v1": supply_entered},
    "payments.bill": {
        "sa.gov.qatif.payments.bill.registered.v1": bill_registered,
        "sa.gov.qatif.payments.bill.settled.v1": bill_settled,
        **{
            f"sa.gov.qatif.payments.bill.{how}.v1": bill_ended
            for how in ("refused", "cancelled", "expired")
        },
    },
    "payments.payment": {
        "sa.gov.qatif.payments.payment.settled.v1": paid,
        "sa.gov.qatif.payments.payment.suspended.v1": money_elsewhere,
        "sa.gov.qatif.payments.payment.refund_wanted.v1": money_elsewhere,
        "sa.gov.qatif.payments.payment.account_wanted.v1": money_elsewhere,
        "sa.gov.qatif.payments.payment.refunding.v1": goes_back,
        "sa.gov.qatif.payments.payment.refunded.v1": goes_back,
        "sa.gov.qatif.payments.payment.dismissed.v1": money_elsewhere,
    },
}
