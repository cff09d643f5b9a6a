"""Use cases of a permit request, from submission to its end; `issuing` has the issue itself.

Each takes the session, who acts, plain input and the time; it locks first and never commits. All
raise NotFound, IllegalTransition, or the errors that their docstrings name.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields, not_blank
from chassis.data.aggregates import record_action, record_change
from permits.commands.recording import lock_request
from permits.domain import application as applications
from permits.domain import requests
from permits.domain.actors import Actor, require_municipality
from permits.domain.application import Application, Findings
from permits.domain.permits import end_of_previous
from permits.domain.requests import (
    Action,
    AlreadySubmitted,
    Invoice,
    Payment,
    Progress,
    Status,
)
from permits.models import Permit, PermitRequest, RequestOwner
from saudi.days import legal_day
from saudi.text import compact, tidy


def submit(
    session: Session, actor: Actor, application: Mapping[str, Any], *, now: datetime
) -> PermitRequest:
    """Records a request as a draft; `application` has the shape of the contract's `Application`.

    A number is known within a municipality: another one's answers nothing of it, and blocks nobody. Raises
    InvalidFields, AlreadySubmitted for a known request number, PreviousNotUsable.
    """
    municipality = application["municipality"]
    require_municipality(actor, municipality)
    previous = _previous(session, application.get("previous_permit_id"), municipality)
    parsed, findings = _parse(application, previous, now)
    if previous is not None:
        end_of_previous(parsed.kind, previous.status)
    number = compact(application["request_number"])
    known = select(PermitRequest.request_id).filter_by(
        municipality=municipality, request_number=number
    )
    if session.scalar(known):
        raise AlreadySubmitted(request_number=number)
    row = PermitRequest(
        request_id=new_id(),
        request_number=number,
        transaction_number=tidy(application.get("transaction_number") or "") or None,
        kind=parsed.kind.value,
        municipality=municipality,
        status=Status.DRAFT.value,
        previous_permit_id=parsed.previous_permit_id,
        submitted_at=now,
    )
    _fill(row, parsed, findings)
    record_change(session, row, actor, "submit", now=now)
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        if "uq_permit_request_municipality_request_number" in str(error.orig):
            raise AlreadySubmitted(request_number=number) from None
        raise
    return row


def _previous(session: Session, permit_id: str | None, municipality: str) -> Permit | None:
    if permit_id is None:
        return None
    previous = session.get(Permit, permit_id)
    if previous is None or previous.municipality != municipality:
        raise InvalidFields.of("previous_permit_id", "permit-unknown")
    return previous


def _parse(
    data: Mapping[str, Any], previous: Permit | None, now: datetime
) -> tuple[Application, Findings]:
    works = previous.works if previous is not None else None
    return applications.parse(data, today=legal_day(now), previous_works=works)


def _fill(row: PermitRequest, parsed: Application, findings: Findings) -> None:
    row.use_class = parsed.use_class
    row.owners = [RequestOwner(position=n, **vars(owner)) for n, owner in enumerate(parsed.owners)]
    row.representative = asdict(parsed.representative) if parsed.representative else None
    row.land = asdict(parsed.land)
    row.building = asdict(parsed.building)
    row.engineering_office = asdict(parsed.engineering_office)
    row.insulation_pledge = parsed.insulation_pledge
    row.warnings = [{"field": one.field, "code": one.code} for one in findings.warnings]


def progress(row: PermitRequest) -> Progress:
    """The request, as the rules see it."""
    invoice = payment = None
    if row.invoice_number is not None and row.invoice_amount is not None and row.invoice_due_on:
        invoice = Invoice(row.invoice_number, row.invoice_amount, row.invoice_due_on)
    if row.receipt_number is not None and row.paid_amount is not None and row.paid_at:
        payment = Payment(row.receipt_number, row.paid_amount, row.paid_at)
    return Progress(Status(row.status), invoice, payment)


def _record_progress(
    session: Session,
    row: PermitRequest,
    after: Progress,
    actor: Actor,
    action: Action,
    *,
    now: datetime,
    note: str | None = None,
) -> PermitRequest:
    row.status = after.status.value
    if after.invoice is not None:
        row.invoice_number = after.invoice.number
        row.invoice_amount = after.invoice.amount
        row.invoice_due_on = after.invoice.due_on
    if after.payment is not None:
        row.receipt_number = after.payment.receipt_number
        row.paid_amount = after.payment.amount
        row.paid_at = after.payment.paid_at
    record_change(session, row, actor, action, now=now, note=note)
    return row


def _step(
    session: Session,
    actor: Actor,
    request_id: str,
    action: Action,
    note: str | None,
    now: datetime,
) -> PermitRequest:
    row = lock_request(session, actor, request_id)
    after = requests.advance(progress(row), action)
    return _record_progress(session, row, after, actor, action, now=now, note=note)


def send_to_office(
    session: Session, actor: Actor, request_id: str, *, note: str | None = None, now: datetime
) -> PermitRequest:
    return _step(session, actor, request_id, Action.SEND_TO_OFFICE, note, now)


def send_to_technical_review(
    session: Session, actor: Actor, request_id: str, *, note: str | None = None, now: datetime
) -> PermitRequest:
    return _step(session, actor, request_id, Action.SEND_TO_TECHNICAL_REVIEW, note, now)


def pass_technical_review(
    session: Session, actor: Actor, request_id: str, *, note: str | None = None, now: datetime
) -> PermitRequest:
    return _step(session, actor, request_id, Action.PASS_TECHNICAL_REVIEW, note, now)


def approve(
    session: Session, actor: Actor, request_id: str, *, note: str | None = None, now: datetime
) -> PermitRequest:
    return _step(session, actor, request_id, Action.APPROVE, note, now)


def return_request(
    session: Session, actor: Actor, request_id: str, *, notes: str, now: datetime
) -> PermitRequest:
    """Back to the applicant, who has to know what to complete: `notes` can't be blank."""
    notes = not_blank(notes, "notes")
    row = lock_request(session, actor, request_id)
    after = requests.advance(progress(row), Action.RETURN)
    row.notes = notes
    return _record_progress(session, row, after, actor, Action.RETURN, now=now, note=notes)


def reject(
    session: Session, actor: Actor, request_id: str, *, reason: str, now: datetime
) -> PermitRequest:
    """The end of a request; `reason` can't be blank."""
    reason = not_blank(reason, "reason")
    row = lock_request(session, actor, request_id)
    after = requests.advance(progress(row), Action.REJECT)
    row.reason = reason
    return _record_progress(session, row, after, actor, Action.REJECT, now=now, note=reason)


def resubmit(
    session: Session,
    actor: Actor,
    request_id: str,
    changes: Mapping[str, Any],
    *,
    note: str | None = None,
    now: datetime,
) -> PermitRequest:
    """Parts of the contract's `Application` that replace those recorded. Raises InvalidFields."""
    row = lock_request(session, actor, request_id)
    after = requests.advance(progress(row), Action.RESUBMIT)
    data = {**row.application(), **changes}
    previous = _previous(session, row.previous_permit_id, row.municipality)
    parsed, findings = _parse(data, previous, now)
    _fill(row, parsed, findings)
    return _record_progress(session, row, after, actor, Action.RESUBMIT, now=now, note=note)


def request_payment(
    session: Session,
    actor: Actor,
    request_id: str,
    *,
    invoice_number: str,
    amount: Decimal,
    due_on: date,
    now: datetime,
) -> PermitRequest:
    """Records the SADAD bill. Raises InvalidFields for no amount or a due date that's past."""
    row = lock_request(session, actor, request_id)
    invoice = Invoice(compact(invoice_number), amount, due_on)
    after = requests.request_payment(progress(row), invoice, today=legal_day(now))
    return _record_progress(
        session, row, after, actor, Action.REQUEST_PAYMENT, now=now, note=invoice.number
    )


def record_payment(
    session: Session,
    actor: Actor,
    request_id: str,
    *,
    receipt_number: str,
    amount: Decimal,
    paid_at: datetime,
    now: datetime,
) -> PermitRequest:
    """Raises InvalidFields for another amount, PaymentRecorded when it was paid before."""
    row = lock_request(session, actor, request_id)
    payment = Payment(compact(receipt_number), amount, paid_at)
    after = requests.record_payment(progress(row), payment, now=now)
    return _record_progress(
        session, row, after, actor, Action.RECORD_PAYMENT, now=now, note=payment.receipt_number
    )


def reveal_owners(
    session: Session, actor: Actor, request_id: str, *, reason: str, now: datetime
) -> PermitRequest:
    """Whole ID numbers, for an officer who has to compare them with a document; `reason` is kept in the history."""
    reason = not_blank(reason, "reason")
    row = lock_request(session, actor, request_id)
    record_action(session, row, actor, "reveal", now=now, note=reason)
    return row


def cancel_request(
    session: Session, actor: Actor, request_id: str, *, note: str | None = None, now: datetime
) -> PermitRequest:
    """By the applicant. Raises PaymentRecorded once he paid."""
    row = lock_request(session, actor, request_id)
    after = requests.cancel(progress(row))
    return _record_progress(session, row, after, actor, Action.CANCEL, now=now, note=note)


def expire_unpaid(
    session: Session, actor: Actor, request_id: str, *, note: str | None = None, now: datetime
) -> PermitRequest:
    """Raises InvoiceNotOverdue while there's time to pay, PaymentRecorded after payment."""
    row = lock_request(session, actor, request_id)
    after = requests.expire_unpaid(progress(row), today=legal_day(now))
    return _record_progress(session, row, after, actor, Action.EXPIRE_UNPAID, now=now, note=note)
