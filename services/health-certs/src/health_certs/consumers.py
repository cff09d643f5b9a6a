"""What other services' events change: the licences and applications that requests name, bills and payments, and results
that medical centres enter."""

from collections.abc import Sequence
from datetime import datetime

from chassis.core.cloudevents import Received
from chassis.data.unit_of_work import UnitOfWork
from chassis.service import BatchHandler, Topics
from health_certs.commands.bill import INVOICING
from health_certs.commands.decide import decide_paid, decide_refunded
from health_certs.commands.establishments import (
    application_row,
    keep_applications,
    keep_licences,
    licence_row,
)
from health_certs.commands.examine import Arrival, enter_results, open_entry
from health_certs.commands.recording import SYSTEM
from health_certs.commands.revive import revive_paid_in_time
from health_certs.context import Context

SERVICE = "health-certs"
# Entries of one transaction. An entry that issues a certificate locks the series of numbers until the transaction ends,
# some tenths of a second, and the counter waits so long.
MOST_ENTRIES = 50


# No certificate changes with a licence: a certificate is the worker's.
licence_changed = BatchHandler(
    prepare=lambda context, event: licence_row(event, now=context.now),
    write=lambda context, rows: keep_licences(context.session, rows),
)
application_changed = BatchHandler(
    prepare=lambda context, event: application_row(event, now=context.now),
    write=lambda context, rows: keep_applications(context.session, rows),
)


def bill_registered(context: Context, event: Received) -> None:
    """Notes the numbers under which the bill system takes the money of an invoice."""
    INVOICING.note_registered(
        UnitOfWork.of(context, SYSTEM),
        event.data["invoice_id"],
        biller_code=event.data["biller_code"],
        bill_number=event.data["bill_number"],
    )


def bill_settled(_context: Context, _event: Received) -> None:
    """Does nothing: the payment's own event says that the bill was paid, and when."""


def bill_ended(context: Context, event: Received) -> None:
    """Notes that a bill expired, was refused or was cancelled: the applicant may ask for another."""
    work = UnitOfWork.of(context, SYSTEM)
    INVOICING.note_bill_end(work, event.data["invoice_id"], event.data["status"])


def payment_settled(context: Context, event: Received) -> None:
    """Takes the payment of an invoice, and decides the request anew, also a request that has ended unpaid."""
    invoice_id = event.data["invoice_id"]
    if invoice_id is None or event.data["service"] != SERVICE:
        return
    work, paid_at = UnitOfWork.of(context, SYSTEM), datetime.fromisoformat(event.data["paid_at"])
    revive_paid_in_time(work, invoice_id, paid_at=paid_at)
    decide_paid(work, invoice_id, paid_at=paid_at)


def payment_goes_back(context: Context, event: Received) -> None:
    """Notes that the payment of an invoice goes back, or went, and decides the request anew."""
    invoice_id, settled_at = event.data["invoice_id"], event.data["settled_at"]
    if invoice_id is None or settled_at is None or event.data["service"] != SERVICE:
        return
    work = UnitOfWork.of(context, SYSTEM)
    decide_refunded(work, invoice_id, sent=event.data["status"] == "refunded")


def payment_unmatched(_context: Context, _event: Received) -> None:
    """Does nothing: payments deals with money that settles no invoice, and with the account of a payer whose money goes
    back."""


def _prepare_entry(context: Context, event: Received) -> Arrival:
    """Raises CannotUnseal and MalformedEntry."""
    return open_entry(context.session, event.data["examination_id"], event.data["sealed"])


def _write_entries(context: Context, arrivals: Sequence[Arrival]) -> None:
    enter_results(UnitOfWork.of(context, SYSTEM), arrivals)


# A medical centre entered a result or a correction, or the gateway asks again for the answer.
examination_entered = BatchHandler(prepare=_prepare_entry, write=_write_entries, most=MOST_ENTRIES)


_LICENCE = (
    *("issued", "renewed", "suspended", "reinstated", "cancelled", "closed", "corrected"),
    "emptied",
)
_APPLICATION = (
    *("submitted", "waiting", "returned", "corrected", "reviewed", "inspection_ordered"),
    *("inspected", "verified", "approved", "billed", "issued", "refused", "withdrawn", "emptied"),
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
        "sa.gov.qatif.payments.payment.settled.v1": payment_settled,
        "sa.gov.qatif.payments.payment.suspended.v1": payment_unmatched,
        "sa.gov.qatif.payments.payment.refund_wanted.v1": payment_unmatched,
        "sa.gov.qatif.payments.payment.account_wanted.v1": payment_unmatched,
        "sa.gov.qatif.payments.payment.refunding.v1": payment_goes_back,
        "sa.gov.qatif.payments.payment.refunded.v1": payment_goes_back,
        "sa.gov.qatif.payments.payment.dismissed.v1": payment_unmatched,
    },
}
