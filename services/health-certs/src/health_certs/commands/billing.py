"""Bills: a request is invoiced when it's made, and the money is one of the facts that it's decided by. What isn't paid
in time, or isn't taken by the bill system, can be billed anew as long as the request is open; when it ends without a
certificate its bill is withdrawn, and what was paid goes back."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.ids import new_id
from chassis.core.times import rfc3339
from chassis.data.aggregates import lock, record_action
from health_certs.commands.gathering import profession_of, rules_for
from health_certs.commands.recording import SYSTEM, record_invoice, record_request
from health_certs.domain.facts import Source
from health_certs.domain.fees import fee_lines
from health_certs.models import Certificate, Invoice, Request
from saudi.days import legal_day

REQUESTED, WITHDRAWN, REFUND, PAID = "requested", "withdrawn", "refund_requested", "paid"
ENDED = "ended"  # the bill ended without money: expired, refused or cancelled
# Payments has agreed that its money goes back; it went.
REFUNDING, REFUNDED = "refunding", "refunded"
UNPAID = (ENDED, REFUNDING, REFUNDED)  # another one may be asked for
REFUND_AFTER_ISSUE = "refund-after-issue"  # the action in the histories
NOT_ISSUED = "not-issued"  # why it's withdrawn, or the money goes back


def bill(
    session: Session, row: Request, actor: Actor, action: str, happened: str, *, now: datetime
) -> Invoice:
    """Invoices the locked request's fee, with the change of the request that it's part of: `happened` is the past
    participle of the request's event."""
    rules = rules_for(row)
    lines = [line.record() for line in fee_lines(row.kind, profession_of(row), rules)]
    due_on = legal_day(now) + timedelta(days=rules.bill_days)
    invoice = Invoice(
        invoice_id=new_id(),
        request_id=row.request_id,
        municipality=row.municipality,
        status=REQUESTED,
        amount_halalas=sum(line["amount_halalas"] for line in lines),
        lines=lines,
        due_on=min(due_on, legal_day(row.completed_until)),
        requested_at=now,
    )
    row.invoice_id = invoice.invoice_id
    record_request(session, row, actor, action, happened, now=now)
    session.add(invoice)
    return record_invoice(session, invoice, row, actor, now=now)


def bill_registered(
    session: Session, invoice_id: str, *, biller_code: str | None, bill_number: str | None
) -> None:
    """Notes by which numbers the bill is paid. Of an invoice of another service nothing."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is not None and invoice.bill_number is None:
        invoice.biller_code, invoice.bill_number = biller_code, bill_number


def note_paid(
    session: Session, invoice_id: str, *, paid_at: datetime, now: datetime
) -> Request | None:
    """The money is there, once. Answers the locked request, if it's to be decided anew; for one that ended without a
    certificate, and for a second invoice of it, the money goes back."""
    found = _locked(session, invoice_id)
    if found is None:
        return None
    row, invoice = found
    if invoice.status in (PAID, REFUND, REFUNDING, REFUNDED):
        return None
    invoice.paid_at = paid_at
    if row.ended_at is None and row.payment is None:
        invoice.status = PAID
        row.payment = Source("payments", rfc3339(paid_at), invoice_id).record()
        return row
    invoice.status, invoice.reason = REFUND, NOT_ISSUED
    record_invoice(session, invoice, row, SYSTEM, now=now)
    return None


def note_going_back(
    session: Session, invoice_id: str, *, gone: bool, now: datetime
) -> Request | None:
    """Payments has agreed to send back the money that settled an invoice; `gone`: it has. Answers the locked request,
    if it's to be decided anew, as one that isn't paid. A certificate that is issued stays; its request says that
    the fee was returned, and the histories since when."""
    found = _locked(session, invoice_id)
    if found is None:
        return None
    row, invoice = found
    before, after = invoice.status, REFUNDED if gone else REFUNDING
    if before in (after, REFUNDED):
        return None
    invoice.status = after
    record_action(session, invoice, SYSTEM, after, now=now)
    if row.invoice_id != invoice_id or before not in (REQUESTED, PAID):
        return None  # asked for by us, or a bill of before
    row.payment = None
    if row.ended_at is None:
        return row
    if row.certificate_id is not None:
        certificate = session.get_one(Certificate, row.certificate_id)
        for one in (row, certificate):
            record_action(session, one, SYSTEM, REFUND_AFTER_ISSUE, now=now)
    return None


def bill_ended(session: Session, invoice_id: str, reason: str) -> None:
    """The bill's time is over, or the bill system didn't take it: another one may be asked for."""
    found = _locked(session, invoice_id)
    if found is not None and found[1].status == REQUESTED:
        found[1].status, found[1].reason = ENDED, reason


def give_up(session: Session, row: Request, *, now: datetime) -> None:
    """The locked request came to nothing: its bill is withdrawn, or its money goes back."""
    if row.invoice_id is None:
        return
    invoice = lock(session, Invoice, row.invoice_id)
    if invoice.status == REQUESTED:
        invoice.status, invoice.reason = WITHDRAWN, NOT_ISSUED
    elif invoice.status == PAID:
        invoice.status, invoice.reason = REFUND, NOT_ISSUED
    else:
        return
    record_invoice(session, invoice, row, SYSTEM, now=now)


def _locked(session: Session, invoice_id: str) -> tuple[Request, Invoice] | None:
    """Always the request first: a command that locks it may go on to its invoice."""
    known = session.get(Invoice, invoice_id)
    if known is None:
        return None
    row = lock(session, Request, known.request_id)
    return row, lock(session, Invoice, invoice_id)
