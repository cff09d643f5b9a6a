"""Bills: an approved application is invoiced, and issued when the money has arrived. No bill leaves it without a way
out: what the bill system refuses is returned to the applicant, what isn't paid in time ends."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.ids import new_id
from chassis.data.aggregates import lock, record_action
from chassis.data.deadlines import drop_deadline, set_deadline
from licences.catalogue import rules_named
from licences.commands.end import return_to_applicant
from licences.commands.issue import NOT_VALID, fulfil_application, may_be_issued, reasons_not_issued
from licences.commands.recording import record_application, record_invoice
from licences.domain.applications import Action, Status
from licences.domain.rules import REFUNDED, REFUNDING, Rules
from licences.models import Application, Invoice, Licence
from saudi.days import legal_day

REQUESTED, WITHDRAWN, REFUND, PAID = "requested", "withdrawn", "refund_requested", "paid"
ENDED = "ended"  # the bill ended without money: expired, refused or cancelled
REFUND_AFTER_ISSUE = "refund-after-issue"  # the action in the histories
PAYMENT = "payment"
# So long after the bill's last day its end is known, also without news of it.
_GRACE = timedelta(days=5)


def bill_application(
    session: Session, row: Application, rules: Rules, actor: Actor, *, now: datetime
) -> Invoice:
    """Invoices the locked application's fee; it waits for the money."""
    due_on = legal_day(now) + timedelta(days=rules.parameters.bill_days)
    invoice = Invoice(
        invoice_id=new_id(),
        application_id=row.application_id,
        municipality=row.municipality,
        status=REQUESTED,
        amount_halalas=row.fee_halalas or 0,
        lines=row.fee_lines,
        due_on=due_on,
        requested_at=now,
    )
    row.invoice_id, row.status = invoice.invoice_id, Status.AWAITING_PAYMENT.value
    record_application(session, row, actor, Action.BILL, "billed", now=now)
    session.add(invoice)
    record_invoice(session, invoice, row, actor, now=now)
    until = now + timedelta(days=rules.parameters.bill_days) + _GRACE
    set_deadline(session, Application.aggregate_type, row.application_id, PAYMENT, until)
    return invoice


def withdraw_invoice(
    session: Session, row: Application, actor: Actor, reason: str, *, now: datetime
) -> None:
    """Takes back the invoice that the locked application waits for, if there's one: nobody pays for it any more."""
    if row.invoice_id is None:
        return
    invoice = lock(session, Invoice, row.invoice_id)
    if invoice.status == REQUESTED:
        invoice.status, invoice.reason = WITHDRAWN, reason
        record_invoice(session, invoice, row, actor, now=now)


def note_bill_number(
    session: Session, invoice_id: str, *, biller_code: str | None, bill_number: str | None
) -> None:
    """Notes by which numbers the bill is paid."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is not None and invoice.bill_number is None:
        invoice.biller_code, invoice.bill_number = biller_code, bill_number


def receive_payment(
    session: Session, invoice_id: str, actor: Actor, *, paid_at: datetime, now: datetime
) -> None:
    """The money is there: what was asked for is issued, by the system. For an application that has ended it goes back.
    An invoice of another service is none of ours."""
    found = _lock_invoice(session, invoice_id)
    if found is None:
        return
    row, invoice = found
    if invoice.status in (PAID, REFUND, REFUNDING, REFUNDED):
        return
    invoice.paid_at = paid_at
    if row.status == Status.AWAITING_PAYMENT and row.invoice_id == invoice_id:
        invoice.status = PAID
        _drop_deadline(session, row)
        if may_be_issued(session, row):
            fulfil_application(session, row, actor, now=now)
            return
        row.reasons = reasons_not_issued(row)
        _withdraw_unpayable(session, row, actor, NOT_VALID, now=now)
    invoice.status, invoice.reason = REFUND, "application-ended"
    record_invoice(session, invoice, row, actor, now=now)


def receive_refund(
    session: Session, invoice_id: str, actor: Actor, *, gone: bool, now: datetime
) -> None:
    """Payments has agreed to send back the money that settled an invoice; `gone`: it has. Of an application that still
    waits for its money another bill is made. What is issued stays, and its histories say that nobody has paid for
    it: an officer decides."""
    found = _lock_invoice(session, invoice_id)
    if found is None:
        return
    row, invoice = found
    before, after = invoice.status, REFUNDED if gone else REFUNDING
    if before in (after, REFUNDED):
        return
    invoice.status = after
    record_action(session, invoice, actor, after, now=now)
    if row.invoice_id != invoice_id or before not in (REQUESTED, PAID):
        return  # asked for by us, or a bill of before
    if row.status == Status.AWAITING_PAYMENT:
        bill_application(session, row, rules_named(session, row.rules or ""), actor, now=now)
    elif row.status == Status.ISSUED and row.licence_id is not None:
        licence = session.get_one(Licence, row.licence_id)
        for one in (row, licence):
            record_action(session, one, actor, REFUND_AFTER_ISSUE, now=now)


def _lock_invoice(session: Session, invoice_id: str) -> tuple[Application, Invoice] | None:
    """Always the application first: a command that locks it may go on to its invoice."""
    known = session.get(Invoice, invoice_id)
    if known is None:
        return None
    row = lock(session, Application, known.application_id)
    return row, lock(session, Invoice, invoice_id)


def _drop_deadline(session: Session, row: Application) -> None:
    with session.no_autoflush:
        drop_deadline(session, Application.aggregate_type, row.application_id, PAYMENT)


def expire_bill(session: Session, invoice_id: str, actor: Actor, *, now: datetime) -> None:
    """The bill's time is over: the application ends, and may be made anew."""
    found = _lock_invoice(session, invoice_id)
    if found is None or found[1].status != REQUESTED:
        return
    row, invoice = found
    invoice.status, invoice.reason = ENDED, "expired"
    if row.status == Status.AWAITING_PAYMENT and row.invoice_id == invoice_id:
        end_unpaid(session, row, actor, now=now)


def return_refused_bill(session: Session, invoice_id: str, actor: Actor, *, now: datetime) -> None:
    """The bill system doesn't take the bill, mostly for the payer's data: the applicant corrects them."""
    found = _lock_invoice(session, invoice_id)
    if found is None or found[1].status != REQUESTED:
        return
    row, invoice = found
    invoice.status, invoice.reason = ENDED, "refused"
    if row.status == Status.AWAITING_PAYMENT and row.invoice_id == invoice_id:
        _drop_deadline(session, row)
        rules = rules_named(session, row.rules or "")
        return_to_applicant(
            session, row, actor, "bill-refused", [_BILL_REFUSED], rules=rules, now=now
        )


_BILL_REFUSED: dict[str, Any] = {
    "ar": "لم يقبل نظام سداد الفاتورة؛ راجعوا بيانات المالك ثم أعيدوا الإرسال.",
    "en": "The bill system did not take the bill; check the owner's data and send it again.",
}


def replace_cancelled_bill(
    session: Session, invoice_id: str, actor: Actor, *, now: datetime
) -> None:
    """The bill was cancelled: as we asked, or by somebody else; then the application gets another one."""
    found = _lock_invoice(session, invoice_id)
    if found is None or found[1].status != REQUESTED:
        return
    row, invoice = found
    invoice.status, invoice.reason = ENDED, "cancelled"
    if row.status == Status.AWAITING_PAYMENT and row.invoice_id == invoice_id:
        bill_application(session, row, rules_named(session, row.rules or ""), actor, now=now)


def end_unpaid(session: Session, row: Application, actor: Actor, *, now: datetime) -> None:
    """The locked application ends, because nobody paid."""
    _withdraw_unpayable(session, row, actor, "unpaid", now=now)


def _withdraw_unpayable(
    session: Session, row: Application, actor: Actor, reason: str, *, now: datetime
) -> None:
    row.status, row.reason_code, row.closed_at = Status.WITHDRAWN.value, reason, now
    _drop_deadline(session, row)
    record_application(session, row, actor, Action.WITHDRAW, "withdrawn", now=now)
