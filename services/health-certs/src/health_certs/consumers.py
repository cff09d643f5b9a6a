"""What health-certs does with other services' events: licences and applications that requests name, bills and money,
and what medical centres enter."""

from collections.abc import Sequence
from datetime import datetime

from chassis.core.cloudevents import Received
from chassis.service import BatchHandler, Topics
from health_certs.commands import billing, examining, known, paying
from health_certs.context import Context

OWN = "health-certs"
# Entries that one transaction takes: those that issue hold the series of numbers until it ends, for some tenths of a
# second, and the counter waits that long.
ENTRIES = 50


def licence_changed(context: Context, event: Received) -> None:
    """The newest state of each licence. It never changes a certificate: that's the worker's."""
    known.note_licence(context.session, event, now=context.now)


def application_changed(context: Context, event: Received) -> None:
    """The newest state of each application for one."""
    known.note_application(context.session, event, now=context.now)


def bill_registered(context: Context, event: Received) -> None:
    """The bill system knows an invoice: its bill says how it's paid."""
    billing.bill_registered(
        context.session,
        event.data["invoice_id"],
        biller_code=event.data["biller_code"],
        bill_number=event.data["bill_number"],
    )


def bill_settled(_context: Context, _event: Received) -> None:
    """The payment's own event says so, and when."""


def bill_ended(context: Context, event: Received) -> None:
    """A bill expired, was refused or cancelled: another one may be asked for."""
    billing.bill_ended(context.session, event.data["invoice_id"], event.data["status"])


def paid(context: Context, event: Received) -> None:
    """An invoice was paid, whole and once."""
    invoice_id = event.data["invoice_id"]
    if invoice_id is None or event.data["service"] != OWN:
        return
    paid_at = datetime.fromisoformat(event.data["paid_at"])
    paying.paid(context.session, invoice_id, paid_at=paid_at, now=context.now)


def goes_back(context: Context, event: Received) -> None:
    """Money that had settled an invoice is to go back, or went."""
    invoice_id, was_ours = event.data["invoice_id"], event.data["settled_at"] is not None
    if invoice_id is not None and was_ours and event.data["service"] == OWN:
        gone = event.data["status"] == "refunded"
        paying.goes_back(context.session, invoice_id, gone=gone, now=context.now)


def money_elsewhere(_context: Context, _event: Received) -> None:
    """Money that settles nothing is a clerk's of payments; here nothing follows from it."""


def _opened(context: Context, event: Received) -> examining.Arrived:
    """Raises CannotUnseal and MalformedEntry."""
    examination_id, sealed = event.data["examination_id"], event.data["sealed"]
    return examining.opened(context.session, examination_id, sealed)


def _enter(context: Context, arrived: Sequence[examining.Arrived]) -> None:
    examining.enter(context.session, arrived, now=context.now)


# A medical centre entered a result or a correction, or the gateway asks again what became of one.
examination_entered = BatchHandler(prepare=_opened, write=_enter, most=ENTRIES)


_LICENCE = (
    *("issued", "renewed", "suspended", "reinstated", "cancelled", "closed", "corrected"),
    "emptied",
)
_APPLICATION = (
    *("submitted", "waiting", "returned", "corrected", "reviewed", "inspection_ordered"),
    *("approved", "billed", "issued", "refused", "withdrawn", "emptied"),
)
HANDLERS: Topics = {
    "licences.licence": {
        f"sa.gov.qatif.licences.licence.{happened}.v1": licence_changed for happened in _LICENCE
    },
    "licences.application": {
        f"sa.gov.qatif.licences.application.{happened}.v1": application_changed
        for happened in _APPLICATION
    },
    "partner-gateway.health-examination": {
        "sa.gov.qatif.partner-gateway.health-examination.entered.v1": examination_entered,
    },
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
        "sa.gov.qatif.payments.payment.refunding.v1": goes_back,
        "sa.gov.qatif.payments.payment.refunded.v1": goes_back,
        "sa.gov.qatif.payments.payment.dismissed.v1": money_elsewhere,
    },
}
