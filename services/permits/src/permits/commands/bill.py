"""Bill a request: ask for the money, take it, give it back. Payments makes a bill of each invoice and sends events
about the bill. No request waits for money without a way out.

Locks: the request, then its invoice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.ids import new_id
from chassis.core.refusals import not_blank
from chassis.data.aggregates import lock
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact
from chassis.events.invoices import Invoice as Published
from chassis.events.invoices import invoices_of
from chassis.events.outbox import publish
from permits import events
from permits.commands.fees import decided_fee
from permits.commands.recording import lock_request, progress_of, record_request
from permits.domain import fees, inquiry, invoices, requests
from permits.domain.corrections import Changes
from permits.domain.fees import Line
from permits.domain.invoices import Payer, Status
from permits.domain.requests import Action, Progress
from permits.domain.requests import Status as RequestStatus
from permits.models import Invoice, Permit, PermitRequest
from saudi.days import legal_day
from saudi.money import riyals

SERVICE = "permits"
BILLING = SystemActor("billing", client_id=SERVICE)
REFUND_AFTER_ISSUE = "refund_after_issue"


@dataclass(frozen=True, kw_only=True)
class PaymentRequest:
    """What an officer wants paid. `payer` in the contract's shape; left out, the first owner with a number pays.
    `due_on`: the last day to pay; left out, thirty days from now. `seen_halalas`: the amount that he saw."""

    seen_halalas: int | None = None
    due_on: date | None = None
    payer: Mapping[str, Any] | None = None
    note: str | None = None


def request_payment(work: UnitOfWork, request_id: str, wanted: PaymentRequest) -> PermitRequest:
    """Asks for the money; a bill of before is withdrawn. Publishes invoice.requested and request.billed; request.paid
    where money that was held is what's due. Raises
    NotFound, IllegalTransition, InvalidFields, PayerMissing, FeeUnknown, AmountUndecided."""
    row = lock_request(work, request_id)
    today = legal_day(work.now)
    due_on = invoices.last_day(wanted.due_on, today)
    after = requests.request_payment(progress_of(row), due_on=due_on, today=today)
    invoices.check_due_on(due_on, today=today)
    lines = decided_fee(work.session, row, on=today)
    fees.check_seen(wanted.seen_halalas, lines)
    if _held_money_covers(work.session, row, fees.total(lines)):
        return _carry_payment(work, row, note=wanted.note)
    payer = _payer(row, wanted.payer)
    told = give_up_invoice(work, row, reason="billed-anew")
    invoice = invoice_for(row, payer, lines, due_on, now=work.now)
    row.invoice_id = invoice.invoice_id
    told |= _bill_changes(told, invoice)
    record_request(
        work, row, after, Action.REQUEST_PAYMENT, "billed", note=wanted.note, details=told
    )
    work.session.add(invoice)
    _record_invoice(work, invoice, row)
    work.session.flush()
    work.session.expire(row, ["invoice"])
    return row


def _held_money_covers(session: Session, row: PermitRequest, due_halalas: int) -> bool:
    """Returns whether the held money is exactly what the corrected request costs."""
    if row.invoice_id is None:
        return False
    held = lock(session, Invoice, row.invoice_id)
    if held.status != Status.HELD:
        return False
    return invoices.after_correction(held.amount_halalas, due_halalas) is Status.PAID


def _carry_payment(work: UnitOfWork, row: PermitRequest, *, note: str | None) -> PermitRequest:
    after = requests.advance(progress_of(row), Action.CARRY_PAYMENT, today=legal_day(work.now))
    invoice = work.lock(Invoice, str(row.invoice_id))
    invoice.status = Status.PAID.value
    amount = riyals(invoice.amount_halalas)
    told = {"held.amount": [amount, None], "payment.amount": [None, amount]}
    return record_request(work, row, after, Action.CARRY_PAYMENT, "paid", note=note, details=told)


def withdraw_payment(work: UnitOfWork, request_id: str, *, reason: str) -> PermitRequest:
    """Withdraws the open bill; the request stays approved. Publishes invoice.withdrawn and request.unbilled. Raises
    NotFound, IllegalTransition."""
    reason = not_blank(reason, "reason")
    row = lock_request(work, request_id)
    action = Action.WITHDRAW_PAYMENT
    after = requests.advance(progress_of(row), action, today=legal_day(work.now))
    told = give_up_invoice(work, row, reason="withdrawn-by-hand")
    return record_request(work, row, after, action, "unbilled", note=reason, details=told or None)


def _payer(row: PermitRequest, named: Mapping[str, Any] | None) -> Payer:
    if named is not None:
        return invoices.parse_payer(named)
    return invoices.payer_of(owner.record() for owner in row.owners)


def invoice_for(
    row: PermitRequest, payer: Payer, lines: list[Line], due_on: date, *, now: datetime
) -> Invoice:
    """A new invoice of the request, which nobody has heard of yet."""
    return Invoice(
        invoice_id=new_id(),
        request_id=row.request_id,
        municipality=row.municipality,
        status=Status.REQUESTED.value,
        amount_halalas=fees.total(lines),
        lines=lines,
        due_on=due_on,
        payer={**payer.record(), "mobile": payer.mobile},
        requested_at=now,
    )


def give_up_invoice(work: UnitOfWork, row: PermitRequest, *, reason: str) -> Changes:
    """The locked request doesn't want its money any more: nobody pays its bill, and what was paid goes back. Publishes
    invoice.withdrawn or invoice.refund_requested; nothing where there's no bill, or none that's open or paid. Answers
    what the history tells of it."""
    if row.invoice_id is None:
        return {}
    invoice = work.lock(Invoice, row.invoice_id)
    after = invoices.after_giving_up(Status(invoice.status))
    return _set_invoice_status(work, row, invoice, after, reason=reason)


def hold_invoice(work: UnitOfWork, row: PermitRequest) -> Changes:
    """The locked request goes back to be corrected: nobody pays its bill, and what was paid is held. Publishes
    invoice.withdrawn for an open bill. Answers the same."""
    if row.invoice_id is None:
        return {}
    invoice = work.lock(Invoice, row.invoice_id)
    after = invoices.after_return(Status(invoice.status))
    return _set_invoice_status(work, row, invoice, after, reason="request-returned")


def _set_invoice_status(
    work: UnitOfWork, row: PermitRequest, invoice: Invoice, after: Status | None, *, reason: str
) -> Changes:
    """Sets the status of the invoice and publishes it. Held money isn't published: no other service is concerned."""
    told = invoices.money_changes(Status(invoice.status), after, riyals(invoice.amount_halalas))
    if after is Status.HELD:
        invoice.status = after.value
    elif after is not None:
        invoice.status, invoice.reason = after.value, reason
        _record_invoice(work, invoice, row)
    return told


def _bill_changes(given_up: Changes, invoice: Invoice) -> Changes:
    """A new bill; it takes the place of an open one, which isn't one that was paid."""
    before, _ = given_up.get("invoice.amount", (None, None))
    return {
        "invoice.amount": [before, riyals(invoice.amount_halalas)],
        "invoice.due_on": [None, invoice.due_on.isoformat()],
    }


def register_bill(session: Session, invoice_id: str, bill: Mapping[str, Any]) -> None:
    """Notes by which numbers the bill is paid."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is not None and invoice.bill_number is None:
        invoice.biller_code, invoice.bill_number = bill["biller_code"], bill["bill_number"]


def settle_invoice(
    work: UnitOfWork, invoice_id: str, *, payment_id: str, paid_at: datetime
) -> None:
    """Takes the money of an invoice. Publishes request.paid, or invoice.refund_requested if the request doesn't
    wait for the money any more. Ignores an invoice of another service."""
    found = _lock_invoice(work.session, invoice_id)
    if found is None:
        return
    row, invoice = found
    status, current = RequestStatus(row.status), row.invoice_id == invoice_id
    after = invoices.after_payment(Status(invoice.status), status, current=current)
    if after is None:
        return
    invoice.status, invoice.payment_id, invoice.paid_at = after.value, payment_id, paid_at
    if after is Status.PAID:
        told = {"payment.amount": [None, riyals(invoice.amount_halalas)]}
        _advance_request(work, row, Action.PAY, "paid", told=told)
    else:
        invoice.reason = "not-owed"
        _record_invoice(work.acting_as(BILLING), invoice, row)


def end_bill(work: UnitOfWork, invoice_id: str, how: str) -> None:
    """A bill that expired ends the request. One that the bill system refused, mostly for the payer's data, or that
    somebody cancelled there, is billed anew by an officer, or the request returned. `how` is the bill's status.
    Publishes request.expired or request.unbilled; nothing for a bill that we took back ourselves."""
    found = _lock_invoice(work.session, invoice_id)
    if found is None or found[1].status != Status.REQUESTED:
        return
    row, invoice = found
    invoice.status, invoice.reason = Status.ENDED.value, how
    told = {"invoice.amount": [riyals(invoice.amount_halalas), None]}
    if row.invoice_id == invoice_id and row.status == RequestStatus.AWAITING_PAYMENT:
        if how == "expired":
            action, happened, code = Action.EXPIRE_UNPAID, "expired", "unpaid"
        else:
            action, happened, code = Action.UNBILL, "unbilled", f"bill-{how}"
        _advance_request(work, row, action, happened, reason_code=code, told=told)


def refund_invoice(work: UnitOfWork, invoice_id: str, *, gone: bool) -> None:
    """Payments has agreed to send back the money that settled an invoice; `gone`: it has. A request that isn't issued
    needs another bill: publishes request.unbilled. What is issued stays, and its history says that nobody has paid for
    it."""
    found = _lock_invoice(work.session, invoice_id)
    if found is None:
        return
    row, invoice = found
    after = invoices.after_refund(Status(invoice.status), gone=gone)
    if after is None:
        return
    unasked = invoice.status in (Status.REQUESTED, Status.PAID) and row.invoice_id == invoice_id
    invoice.status = after.value
    work.acting_as(BILLING).record_action(invoice, after.value)
    if unasked and row.status in (RequestStatus.PAID, RequestStatus.AWAITING_PAYMENT):
        code, told = f"payment-{after}", {"payment.amount": [riyals(invoice.amount_halalas), None]}
        _advance_request(work, row, Action.UNBILL, "unbilled", reason_code=code, told=told)
    elif unasked and row.permit is not None:
        _note_unpaid(work, row, row.permit)


def _note_unpaid(work: UnitOfWork, row: PermitRequest, permit: Permit) -> None:
    """Notes in the histories of the request and of its permit that nobody has paid."""
    for one in (row, permit):
        work.acting_as(BILLING).record_action(one, REFUND_AFTER_ISSUE)


def _lock_invoice(session: Session, invoice_id: str) -> tuple[PermitRequest, Invoice] | None:
    known = session.get(Invoice, invoice_id)
    if known is None:
        return None
    row = lock(session, PermitRequest, known.request_id)
    return row, lock(session, Invoice, invoice_id)


def _advance_request(
    work: UnitOfWork,
    row: PermitRequest,
    action: Action,
    happened: str,
    *,
    reason_code: str | None = None,
    told: Changes | None = None,
) -> Progress:
    after = requests.advance(progress_of(row), action, today=legal_day(work.now))
    record_request(
        work.acting_as(BILLING), row, after, action, happened, reason_code=reason_code, details=told
    )
    return after


def _record_invoice(work: UnitOfWork, invoice: Invoice, row: PermitRequest) -> None:
    """Journals and publishes the invoice under its status."""
    work.record_change(invoice, invoice.status, note=invoice.reason)
    number, payer = row.request_number, invoice.payer or {}
    published = Published(
        invoice_id=invoice.invoice_id,
        version=invoice.version,
        subject={"type": "permit_request", "id": row.request_id, "number": number},
        municipality=invoice.municipality,
        status=invoice.status,
        amount_halalas=invoice.amount_halalas,
        lines=invoice.lines,
        due_on=invoice.due_on,
        reason=invoice.reason,
        payer={name: payer[name] for name in ("name", "id_type", "id_number")},
        told=_invoice_contacts(row, payer.get("mobile")),
    )
    publish(work.session, invoices_of(work.session).event(SERVICE, published, work.now))


def _invoice_contacts(row: PermitRequest, mobile: str | None) -> list[Contact]:
    """Returns the payer's contact, or the owners' if the payer's mobile isn't known."""
    owners = [owner.record() for owner in row.owners]
    mobiles = [mobile] if mobile else inquiry.mobiles_of(owners)
    return [events.owner_told(one) for one in mobiles]
