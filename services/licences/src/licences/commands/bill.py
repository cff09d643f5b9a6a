"""Bills: an approved application is invoiced, and issued when the money has arrived.

No bill leaves an application without a way out: an application whose bill the bill system refuses is returned to the
applicant, and an application that isn't paid in time ends.
"""

from datetime import datetime, timedelta
from typing import Any

from chassis.data.deadlines import drop_deadline
from chassis.data.unit_of_work import UnitOfWork
from invoicing.machine import Debtor, Invoicing
from licences import events
from licences.catalogue import rules_named
from licences.commands.issue import issue_or_end
from licences.commands.recording import (
    PAYMENT,
    end_withdrawn,
    record_application,
    return_to_applicant,
    set_end,
)
from licences.domain.applications import UNPAID, Action, Status
from licences.domain.rules import Rules
from licences.models import Application, Invoice, Licence
from saudi.days import legal_day

APPLICATION_ENDED = "application-ended"  # why the money of an application goes back
REFUND_AFTER_ISSUE = "refund-after-issue"  # the action in the histories
# The end of a bill is known so long after the bill's last day, also without an event.
_GRACE = timedelta(days=5)
_BILL_REFUSED: dict[str, Any] = {
    "ar": "لم يقبل نظام سداد الفاتورة؛ راجعوا بيانات المالك ثم أعيدوا الإرسال.",
    "en": "The bill system did not take the bill; check the owner's data and send it again.",
}


def bill_application(work: UnitOfWork, row: Application, rules: Rules) -> Invoice:
    """Invoices the fee of the locked application, which then waits for the money."""
    days = timedelta(days=rules.parameters.bill_days)
    invoice = INVOICING.draft(
        work,
        municipality=row.municipality,
        lines=row.fee_lines,
        due_on=legal_day(work.now) + days,
        application_id=row.application_id,
    )
    row.invoice_id, row.status = invoice.invoice_id, Status.AWAITING_PAYMENT.value
    set_end(work, row, PAYMENT, days + _GRACE)
    row.ends_on = invoice.due_on  # the deadline waits some days longer for news of a payment
    record_application(work, row, Action.BILL, "billed")
    INVOICING.request(work, row, invoice)
    return invoice


def withdraw_invoice(work: UnitOfWork, row: Application, reason: str) -> None:
    """Withdraws the open invoice of the locked application, if the application has one."""
    INVOICING.withdraw(work, row, reason)


def note_bill_number(
    work: UnitOfWork, invoice_id: str, *, biller_code: str | None, bill_number: str | None
) -> None:
    """Keeps the numbers by which the bill is paid."""
    INVOICING.note_registered(work, invoice_id, biller_code=biller_code, bill_number=bill_number)


def receive_payment(work: UnitOfWork, invoice_id: str, *, paid_at: datetime) -> None:
    """Issues what was asked for, once its bill is paid. Asks for a refund if the application has ended, or ends now.
    Ignores an invoice of another service."""
    billed = INVOICING.take_payment(work, invoice_id, paid_at=paid_at)
    if billed is None:
        return
    _drop_payment_deadline(work, billed.owner)
    with work.session.no_autoflush:  # each row is written once, with its new version
        if not issue_or_end(work, billed.owner):
            INVOICING.give_up(work, billed.owner, APPLICATION_ENDED)
    work.session.flush()


def receive_refund(work: UnitOfWork, invoice_id: str, *, gone: bool) -> None:
    """Notes that payments has agreed to send back the money of an invoice; `gone`: the money has left.

    An application that still waits for its money gets another bill. An issued licence stays: its history says that
    nobody has paid for it, and an officer decides.
    """
    billed = INVOICING.note_refund(work, invoice_id, sent=gone)
    if billed is None:
        return
    row = billed.owner
    if row.status == Status.AWAITING_PAYMENT:
        _bill_again(work, row)
    elif row.status == Status.ISSUED and row.licence_id is not None:
        licence = work.session.get_one(Licence, row.licence_id)
        for aggregate in (row, licence):
            work.record_action(aggregate, REFUND_AFTER_ISSUE)


def expire_bill(work: UnitOfWork, invoice_id: str) -> None:
    """Ends the application whose bill expired. The applicant may apply anew."""
    if (billed := INVOICING.note_bill_end(work, invoice_id, "expired")) is not None:
        end_unpaid(work, billed.owner)


def return_refused_bill(work: UnitOfWork, invoice_id: str) -> None:
    """Returns the application whose bill the bill system refused, mostly for the payer's data: the applicant corrects
    them."""
    if (billed := INVOICING.note_bill_end(work, invoice_id, "refused")) is not None:
        row = billed.owner
        _drop_payment_deadline(work, row)
        rules = rules_named(work.session, row.rules or "")
        return_to_applicant(work, row, "bill-refused", [_BILL_REFUSED], rules)


def replace_cancelled_bill(work: UnitOfWork, invoice_id: str) -> None:
    """Bills the application anew if somebody else cancelled its bill."""
    if (billed := INVOICING.note_bill_end(work, invoice_id, "cancelled")) is not None:
        _bill_again(work, billed.owner)


def end_unpaid(work: UnitOfWork, row: Application) -> None:
    """Ends the locked application, because nobody paid."""
    end_withdrawn(work, row, UNPAID)


def _bill_again(work: UnitOfWork, row: Application) -> None:
    bill_application(work, row, rules_named(work.session, row.rules or ""))


def _drop_payment_deadline(work: UnitOfWork, row: Application) -> None:
    row.ends_on = None
    with work.session.no_autoflush:
        drop_deadline(work.session, Application.aggregate_type, row.application_id, PAYMENT)


def _debtor(row: Application, _invoice: Invoice) -> Debtor:
    """Returns the application's owner. An emptied application names no payer: payments knows the payer from before."""
    subject = {
        "type": "licence_application",
        "id": row.application_id,
        "number": row.application_no,
    }
    owner = row.body["owner"] if row.body else None
    if owner is None:
        return Debtor(subject, None)
    payer = {name: owner[name] for name in ("name", "id_type", "id_number")}
    return Debtor(subject, payer, [events.owner_contact(owner)])


INVOICING = Invoicing[Application, Invoice](
    service="licences",
    owners=Application,
    invoices=Invoice,
    owner_id=lambda invoice: invoice.application_id,
    debtor=_debtor,
    waits_for_money=lambda row: row.status == Status.AWAITING_PAYMENT,
    not_owed=APPLICATION_ENDED,
    takes_ended=True,
)
