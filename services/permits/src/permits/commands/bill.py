"""Bill a request: ask for the money, take it, give it back. Payments makes a bill of each invoice and sends events
about the bill. No request waits for money without a way out.

The library `invoicing` decides what becomes of an invoice; this module decides what follows for the request. Locks: the
request, then its invoice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.refusals import not_blank
from chassis.data.unit_of_work import UnitOfWork
from invoicing.machine import Debtor, Invoicing
from invoicing.rules import Status, is_in_time
from permits import events
from permits.commands.fees import decided_fee
from permits.commands.followed_permit import lock_followed
from permits.commands.recording import lock_request, progress_of, record_request
from permits.commands.submit_request import require_number_free
from permits.domain import fees, inquiry, requests
from permits.domain.corrections import Changes
from permits.domain.fees import Line, Payer
from permits.domain.requests import Action, AlreadySubmitted
from permits.domain.requests import Status as RequestStatus
from permits.models import Invoice, PermitRequest
from saudi.days import legal_day
from saudi.money import riyals

SERVICE = "permits"
BILLING = SystemActor("billing", client_id=SERVICE)
REFUND_AFTER_ISSUE = "refund_after_issue"


@dataclass(frozen=True, kw_only=True)
class PaymentRequest:
    """An officer's request to bill. `payer` has the contract's shape; the default is the first owner with a number.
    `due_on`: the last day to pay; the default is thirty days from now. `seen_halalas`: the amount that the officer
    saw."""

    seen_halalas: int | None = None
    due_on: date | None = None
    payer: Mapping[str, Any] | None = None
    note: str | None = None


def request_payment(work: UnitOfWork, request_id: str, wanted: PaymentRequest) -> PermitRequest:
    """Bills the request, and withdraws another bill before. An open bill that is what is asked for stays, so that two
    colleagues, or a double click, don't replace the number that the payer has. Publishes invoice.requested and
    request.billed; request.paid instead if held money is exactly what the request costs, of the same payer and
    municipality. Raises NotFound, IllegalTransition, InvalidFields, PayerMissing, FeeUnknown, AmountUndecided, and what
    `lock_followed` raises."""
    row = lock_request(work, request_id)
    today = legal_day(work.now)
    due_on = fees.last_day(wanted.due_on, today)
    after = requests.request_payment(progress_of(row), due_on=due_on, today=today)
    fees.check_due_on(due_on, today=today)
    held = _held_invoice(work, row)
    lock_followed(work, row)
    lines = decided_fee(work.session, row, on=today)
    fees.check_seen(wanted.seen_halalas, lines)
    named = None if wanted.payer is None else fees.parse_payer(wanted.payer)
    if held is not None and _covers(held, row, named, lines):
        return _carry_payment(work, row, held, note=wanted.note)
    payer = named or fees.payer_of(owner.record() for owner in row.owners)
    if _is_billed(row, payer, lines, wanted.due_on, today=today):
        return row
    money = give_up_invoice(work, row, reason="billed-anew")
    invoice = draft_invoice(work, row, payer, lines, due_on)
    row.invoice_id = invoice.invoice_id
    money |= _bill_changes(money, invoice)
    record_request(
        work, row, after, Action.REQUEST_PAYMENT, "billed", note=wanted.note, details=money
    )
    INVOICING.request(work, row, invoice)
    work.session.flush()
    work.session.expire(row, ["invoice"])
    return row


def _held_invoice(work: UnitOfWork, row: PermitRequest) -> Invoice | None:
    """Locks the invoice of the locked request. Returns the invoice if its money is held."""
    invoice = None if row.invoice_id is None else work.lock(Invoice, row.invoice_id)
    return invoice if invoice is not None and invoice.status == Status.HELD else None


def _covers(held: Invoice, row: PermitRequest, named: Payer | None, lines: list[Line]) -> bool:
    """Returns whether held money pays the corrected request. Money of another payer or at another municipality goes
    back: its receipt names both."""
    owners = (owner.record() for owner in row.owners)
    same = held.municipality == row.municipality and fees.pays_still(held.payer, named, owners)
    return same and fees.covers_fee(held.amount_halalas, fees.total(lines))


def _is_billed(
    row: PermitRequest, payer: Payer, lines: list[Line], due_on: date | None, *, today: date
) -> bool:
    """Returns whether the request's open bill has these lines, this payer and this last day; any day to come if none
    is named."""
    invoice = row.invoice
    return (
        invoice is not None
        and invoice.status == Status.REQUESTED
        and invoice.due_on >= today
        and due_on in (None, invoice.due_on)
        and invoice.municipality == row.municipality
        and invoice.lines == lines
        and invoice.payer == _payer_record(payer)
    )


def _carry_payment(
    work: UnitOfWork, row: PermitRequest, held: Invoice, *, note: str | None
) -> PermitRequest:
    """Pays the corrected request with the held money. No other service is concerned."""
    after = requests.advance(progress_of(row), Action.CARRY_PAYMENT, today=legal_day(work.now))
    held.status = Status.PAID.value
    amount = riyals(held.amount_halalas)
    money = {"held.amount": [amount, None], "payment.amount": [None, amount]}
    return record_request(work, row, after, Action.CARRY_PAYMENT, "paid", note=note, details=money)


def draft_invoice(
    work: UnitOfWork, row: PermitRequest, payer: Payer, lines: list[Line], due_on: date
) -> Invoice:
    """Returns a new invoice of the request, of which nobody has heard."""
    return INVOICING.draft(
        work,
        municipality=row.municipality,
        lines=lines,
        due_on=due_on,
        request_id=row.request_id,
        payer=_payer_record(payer),
    )


def _payer_record(payer: Payer) -> dict[str, Any]:
    return {**payer.record(), "mobile": payer.mobile}


def _bill_changes(given_up: Changes, invoice: Invoice) -> Changes:
    """Returns what the history says about a new bill. The new bill replaces an open bill, not a paid one."""
    before, _ = given_up.get("invoice.amount", (None, None))
    return {
        "invoice.amount": [before, riyals(invoice.amount_halalas)],
        "invoice.due_on": [None, invoice.due_on.isoformat()],
    }


def withdraw_payment(work: UnitOfWork, request_id: str, *, reason: str) -> PermitRequest:
    """Withdraws the open bill; the request stays approved. Publishes invoice.withdrawn and request.unbilled. Raises
    NotFound, IllegalTransition."""
    reason = not_blank(reason, "reason")
    row = lock_request(work, request_id)
    action = Action.WITHDRAW_PAYMENT
    after = requests.advance(progress_of(row), action, today=legal_day(work.now))
    money = give_up_invoice(work, row, reason="withdrawn-by-hand")
    return record_request(work, row, after, action, "unbilled", note=reason, details=money or None)


def give_up_invoice(work: UnitOfWork, row: PermitRequest, *, reason: str) -> Changes:
    """Withdraws the unpaid bill of the locked request, or sends its money back. Publishes invoice.withdrawn or
    invoice.refund_requested. Returns what the history says about the money."""
    was_held = _held_invoice(work, row) is not None
    invoice = INVOICING.give_up(work, row, reason)
    return _money_changes(invoice, was_held=was_held)


def end_unpaid_invoice(work: UnitOfWork, row: PermitRequest) -> Changes:
    """Ends the unpaid bill of the locked request after its last day. Money that was paid in time may still be heard of.
    Returns what the history says about the money."""
    return _money_changes(INVOICING.expire(work, row), was_held=False)


def hold_invoice(work: UnitOfWork, row: PermitRequest) -> Changes:
    """Withdraws the unpaid bill of the locked request, which is returned for correction, or holds its money. Publishes
    invoice.withdrawn. Returns what the history says about the money."""
    return _money_changes(INVOICING.hold(work, row, "request-returned"), was_held=False)


def _money_changes(invoice: Invoice | None, *, was_held: bool) -> Changes:
    """Returns what the history says about the money of a changed invoice, in riyals."""
    if invoice is None:
        return {}
    amount = riyals(invoice.amount_halalas)
    if invoice.status == Status.HELD:
        return {"payment.amount": [amount, None], "held.amount": [None, amount]}
    if invoice.status == Status.REFUND_REQUESTED:
        source = "held.amount" if was_held else "payment.amount"
        return {source: [amount, None], "refund.amount": [None, amount]}
    return {"invoice.amount": [amount, None]}


def register_bill(work: UnitOfWork, invoice_id: str, bill: Mapping[str, Any]) -> None:
    """Keeps the numbers under which people pay the bill."""
    INVOICING.note_registered(
        work, invoice_id, biller_code=bill["biller_code"], bill_number=bill["bill_number"]
    )


def settle_invoice(
    work: UnitOfWork, invoice_id: str, *, payment_id: str, paid_at: datetime
) -> None:
    """Takes the money of an invoice. Publishes request.paid, or invoice.refund_requested if the request doesn't
    wait for the money. A request that has expired unpaid waits for money that was paid in time. Ignores an invoice of
    another service."""
    work = work.acting_as(BILLING)
    invoicing = replace(INVOICING, waits_for_money=lambda row: _waits_for(work, row, paid_at))
    billed = invoicing.take_payment(work, invoice_id, paid_at=paid_at, payment_id=payment_id)
    if billed is not None:
        money = {"payment.amount": [None, riyals(billed.invoice.amount_halalas)]}
        _advance_request(work, billed.owner, Action.PAY, "paid", money=money)


def _waits_for(work: UnitOfWork, row: PermitRequest, paid_at: datetime) -> bool:
    if row.status != RequestStatus.EXPIRED_UNPAID:
        return _waits_for_money(row)
    invoice = work.session.get_one(Invoice, row.invoice_id)
    return is_in_time(paid_at, invoice.due_on) and _is_number_free(work.session, row)


def _is_number_free(session: Session, row: PermitRequest) -> bool:
    """Returns whether no other request has taken up the number of a request that ended."""
    try:
        require_number_free(session, row.municipality, row.request_number, but=row.request_id)
    except AlreadySubmitted:
        return False
    return True


def end_bill(work: UnitOfWork, invoice_id: str, how: str) -> None:
    """Ends the request of an expired bill. After a refused bill, mostly for the payer's data, or a cancelled bill, an
    officer bills anew or returns the request. `how`: the bill's status. Publishes request.expired or request.unbilled;
    nothing for a bill that this service withdrew."""
    work = work.acting_as(BILLING)
    billed = INVOICING.note_bill_end(work, invoice_id, how)
    if billed is None:
        return
    money = {"invoice.amount": [riyals(billed.invoice.amount_halalas), None]}
    if how == "expired":
        action, happened, code = Action.EXPIRE_UNPAID, "expired", "unpaid"
    else:
        action, happened, code = Action.UNBILL, "unbilled", f"bill-{how}"
    _advance_request(work, billed.owner, action, happened, reason_code=code, money=money)


def refund_invoice(work: UnitOfWork, invoice_id: str, *, gone: bool) -> None:
    """Notes that payments has agreed to send back the money of an invoice; `gone`: the money has left. A request that
    isn't issued needs another bill: publishes request.unbilled. An issued permit stays, and the histories say that
    nobody has paid for it."""
    work = work.acting_as(BILLING)
    billed = INVOICING.note_refund(work, invoice_id, sent=gone)
    if billed is None:
        return
    row, invoice = billed.owner, billed.invoice
    if row.status in (RequestStatus.PAID, RequestStatus.AWAITING_PAYMENT):
        money = {"payment.amount": [riyals(invoice.amount_halalas), None]}
        code = f"payment-{invoice.status}"
        _advance_request(work, row, Action.UNBILL, "unbilled", reason_code=code, money=money)
    elif row.permit is not None:
        for aggregate in (row, row.permit):
            work.record_action(aggregate, REFUND_AFTER_ISSUE)


def _advance_request(
    work: UnitOfWork,
    row: PermitRequest,
    action: Action,
    happened: str,
    *,
    reason_code: str | None = None,
    money: Changes,
) -> None:
    after = requests.advance(progress_of(row), action, today=legal_day(work.now))
    record_request(work, row, after, action, happened, reason_code=reason_code, details=money)


def _debtor(row: PermitRequest, invoice: Invoice) -> Debtor:
    """Returns the payer. Messages about the bill go to the payer; if the payer's mobile isn't known, to the owners or
    their representative."""
    subject = {"type": "permit_request", "id": row.request_id, "number": row.request_number}
    payer, mobile = invoice.payer, (invoice.payer or {}).get("mobile")
    mobiles = [mobile] if mobile else inquiry.mobiles_of(inquiry.parties_of(row.record()))
    return Debtor(
        subject,
        payer and {name: payer[name] for name in ("name", "id_type", "id_number")},
        [events.owner_told(one) for one in mobiles],
    )


def _waits_for_money(row: PermitRequest) -> bool:
    return requests.waits_for_money(row.status)


INVOICING = Invoicing[PermitRequest, Invoice](
    service=SERVICE,
    owners=PermitRequest,
    invoices=Invoice,
    owner_id=lambda invoice: invoice.request_id,
    debtor=_debtor,
    waits_for_money=_waits_for_money,
    takes_ended=True,
)
