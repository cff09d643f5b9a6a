"""Review a permit request: forward, approve, return, reject, readmit, cancel, expire. Each command locks the request
first and publishes one event of permits.request."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from chassis.core.refusals import not_blank
from chassis.data.aggregates import record_action
from permits import catalogue
from permits.commands import search_people
from permits.commands.bill import give_up_invoice, hold_invoice
from permits.commands.fees import drop_proposal
from permits.commands.recording import (
    lock_request,
    progress_of,
    record_request,
    require_separation,
    warn_of_duty,
)
from permits.commands.submit_request import flush_request, require_number_free
from permits.domain import files, requests
from permits.domain.actors import Actor
from permits.domain.corrections import Changes
from permits.domain.older import require_verified
from permits.domain.people import Look
from permits.domain.requests import PLEDGE_MISSING, Action, PledgeMissing, Progress
from permits.models import Permit, PermitRequest
from saudi.days import legal_day

# What the event of an action is called.
HAPPENED = {
    Action.SEND_TO_OFFICE: "forwarded",
    Action.SEND_TO_TECHNICAL_REVIEW: "forwarded",
    Action.PASS_TECHNICAL_REVIEW: "forwarded",
    Action.RETURN: "returned",
    Action.REJECT: "rejected",
    Action.CANCEL: "cancelled",
    Action.EXPIRE_UNPAID: "expired",
    Action.READMIT: "forwarded",
}


def _record(
    session: Session,
    row: PermitRequest,
    after: Progress,
    actor: Actor,
    action: Action,
    *,
    now: datetime,
    note: str | None = None,
    money: Changes | None = None,
) -> PermitRequest:
    happened, details = HAPPENED[action], money or None
    return record_request(
        session, row, after, actor, action, happened, now=now, note=note, details=details
    )


def _step(
    session: Session, actor: Actor, request_id: str, action: Action, note: str | None, now: datetime
) -> PermitRequest:
    row = lock_request(session, actor, request_id)
    after = requests.advance(progress_of(row), action, today=legal_day(now))
    return _record(session, row, after, actor, action, now=now, note=note)


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
    """Raises PledgeMissing for works that need insulation: the request is returned, until the owner pledges it;
    PermitUnverified; DutiesSeparated for who passed its technical review. Which papers are missing goes into the
    history."""
    row = lock_request(session, actor, request_id)
    after = requests.advance(progress_of(row), Action.APPROVE, today=legal_day(now))
    if any(one["code"] == PLEDGE_MISSING for one in row.warnings):
        raise PledgeMissing
    if row.previous_permit_id is not None:
        previous = session.get_one(Permit, row.previous_permit_id)
        require_verified(previous.permit_number, verified=previous.verified)
    of = (row.aggregate_type, row.request_id)
    warned = require_separation(session, actor, Action.APPROVE, row.municipality, of, now=now)
    warn_of_duty(row, warned)
    without = "، ".join(paper["ar"] for paper in missing_papers(row))
    details = {**(warned or {}), **({"papers_missing": [None, without]} if without else {})}
    return record_request(
        session, row, after, actor, Action.APPROVE, "approved",
        now=now, note=note, details=details or None,
    )  # fmt: skip


def return_request(
    session: Session, actor: Actor, request_id: str, *, notes: str, now: datetime
) -> PermitRequest:
    """Back to the applicant, who has to know what to complete: `notes` can't be blank. What was paid is held."""
    notes = not_blank(notes, "notes")
    row = lock_request(session, actor, request_id)
    after = requests.advance(progress_of(row), Action.RETURN, today=legal_day(now))
    row.notes = notes
    drop_proposal(session, row)
    money = hold_invoice(session, row, actor, now=now)
    return _record(session, row, after, actor, Action.RETURN, now=now, note=notes, money=money)


def reject(
    session: Session, actor: Actor, request_id: str, *, reason: str, now: datetime
) -> PermitRequest:
    """The end of a request; `reason` can't be blank."""
    reason = not_blank(reason, "reason")
    row = lock_request(session, actor, request_id)
    after = requests.advance(progress_of(row), Action.REJECT, today=legal_day(now))
    row.reason = reason
    money = give_up_invoice(session, row, actor, reason="request-rejected", now=now)
    return _record(session, row, after, actor, Action.REJECT, now=now, note=reason, money=money)


def readmit(
    session: Session, actor: Actor, request_id: str, *, reason: str, now: datetime
) -> PermitRequest:
    """Opens a rejected request again; only an accepted appeal does that. Raises AlreadySubmitted where its number
    was taken up meanwhile."""
    row = lock_request(session, actor, request_id)
    after = requests.advance(progress_of(row), Action.READMIT, today=legal_day(now))
    require_number_free(session, row.municipality, row.request_number, but=row.request_id)
    row.reason = None
    _record(session, row, after, actor, Action.READMIT, now=now, note=reason)
    return flush_request(session, row)


def reveal_owners(
    session: Session, actor: Actor, request_id: str, *, reason: str, now: datetime
) -> PermitRequest:
    """Whole ID numbers, for an officer who has to compare them with a document; `reason` is kept in the history,
    and that somebody looked beside the searches for people. Raises LimitReached."""
    reason = not_blank(reason, "reason")
    row = lock_request(session, actor, request_id)
    search_people.record_look(session, actor, Look.REVEAL, row.owners, reason, now=now)
    record_action(session, row, actor, "reveal", now=now, note=reason)
    return row


def cancel_request(
    session: Session, actor: Actor, request_id: str, *, note: str | None = None, now: datetime
) -> PermitRequest:
    """By the applicant. What he has paid goes back; a bill that he hasn't paid is withdrawn."""
    row = lock_request(session, actor, request_id)
    after = requests.advance(progress_of(row), Action.CANCEL, today=legal_day(now))
    money = give_up_invoice(session, row, actor, reason="request-cancelled", now=now)
    return _record(session, row, after, actor, Action.CANCEL, now=now, note=note, money=money)


def expire_unpaid(
    session: Session, actor: Actor, request_id: str, *, note: str | None = None, now: datetime
) -> PermitRequest:
    """By an officer; it also ends by itself, when its bill has expired. Raises InvoiceNotOverdue while there's time to
    pay."""
    row = lock_request(session, actor, request_id)
    after = requests.expire_unpaid(progress_of(row), today=legal_day(now))
    money = give_up_invoice(session, row, actor, reason="unpaid", now=now)
    action = Action.EXPIRE_UNPAID
    return _record(session, row, after, actor, action, now=now, note=note, money=money)


def missing_papers(row: PermitRequest) -> list[Mapping[str, str]]:
    """The papers of the request's kind that nobody recorded: code, and words in both languages."""
    handed_in = {paper.code for paper in row.papers}
    return files.missing(catalogue.papers_of(row.kind), handed_in)
