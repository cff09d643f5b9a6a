"""Review a permit request: forward, approve, return, reject, readmit, cancel, expire. Each command locks the request
first and publishes one event of permits.request."""

from collections.abc import Collection, Mapping

from chassis.core.refusals import not_blank
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.commands import plausibility_warnings, search_people
from permits.commands.bill import end_unpaid_invoice, give_up_invoice, hold_invoice
from permits.commands.fees import drop_proposal
from permits.commands.followed_permit import lock_followed
from permits.commands.recording import (
    lock_request,
    progress_of,
    record_request,
    require_separation,
    warn_of_duty,
)
from permits.commands.submit_request import flush_request, require_number_free
from permits.domain import files, requests
from permits.domain.corrections import Changes
from permits.domain.people import Look
from permits.domain.requests import PLEDGE_MISSING, Action, PledgeMissing, Progress
from permits.models import PermitRequest
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
    work: UnitOfWork,
    row: PermitRequest,
    after: Progress,
    action: Action,
    *,
    note: str | None = None,
    money: Changes | None = None,
) -> PermitRequest:
    happened, details = HAPPENED[action], money or None
    return record_request(work, row, after, action, happened, note=note, details=details)


def _step(work: UnitOfWork, request_id: str, action: Action, note: str | None) -> PermitRequest:
    row = lock_request(work, request_id)
    after = requests.advance(progress_of(row), action, today=legal_day(work.now))
    return _record(work, row, after, action, note=note)


def send_to_office(work: UnitOfWork, request_id: str, *, note: str | None = None) -> PermitRequest:
    return _step(work, request_id, Action.SEND_TO_OFFICE, note)


def send_to_technical_review(
    work: UnitOfWork, request_id: str, *, note: str | None = None
) -> PermitRequest:
    return _step(work, request_id, Action.SEND_TO_TECHNICAL_REVIEW, note)


def pass_technical_review(
    work: UnitOfWork, request_id: str, *, note: str | None = None
) -> PermitRequest:
    return _step(work, request_id, Action.PASS_TECHNICAL_REVIEW, note)


def approve(
    work: UnitOfWork,
    request_id: str,
    *,
    note: str | None = None,
    despite: Collection[str] = (),
) -> PermitRequest:
    """Approves the request. `despite`: the numbers of permits on the plot that the municipality has suspended or
    cancelled. Missing papers and these numbers go into the history.

    Raises PledgeMissing for works that need insulation: the request is returned until the owner pledges insulation;
    PermitUnverified, PreviousNotUsable, PreviousChanged; PlotStopped; DutiesSeparated for the person who passed the
    technical review.
    """
    row = lock_request(work, request_id)
    after = requests.advance(progress_of(row), Action.APPROVE, today=legal_day(work.now))
    if any(one["code"] == PLEDGE_MISSING for one in row.warnings):
        raise PledgeMissing
    lock_followed(work, row)
    stops = plausibility_warnings.look_at_plot(work.session, row)
    plausibility_warnings.require_named(stops, despite)
    of = (row.aggregate_type, row.request_id)
    row.notes = None  # they're met; the history keeps them
    warned = require_separation(work, Action.APPROVE, row.municipality, of)
    warn_of_duty(row, warned)
    without = "، ".join(paper["ar"] for paper in missing_papers(row))
    named = "، ".join(stop.permit_number for stop in stops)
    details = {
        **(warned or {}),
        **({"papers_missing": [None, without]} if without else {}),
        **({"despite": [None, named]} if named else {}),
    }
    return record_request(
        work, row, after, Action.APPROVE, "approved", note=note, details=details or None
    )


def return_request(work: UnitOfWork, request_id: str, *, notes: str) -> PermitRequest:
    """Returns the request to the applicant, who has to know what to complete: `notes` can't be blank. Paid money is
    held."""
    notes = not_blank(notes, "notes")
    row = lock_request(work, request_id)
    after = requests.advance(progress_of(row), Action.RETURN, today=legal_day(work.now))
    row.notes = notes
    drop_proposal(work.session, row)
    money = hold_invoice(work, row)
    return _record(work, row, after, Action.RETURN, note=notes, money=money)


def reject(work: UnitOfWork, request_id: str, *, reason: str) -> PermitRequest:
    """Rejects the request, which ends; `reason` can't be blank. An open bill is withdrawn, and paid money goes back."""
    reason = not_blank(reason, "reason")
    row = lock_request(work, request_id)
    after = requests.advance(progress_of(row), Action.REJECT, today=legal_day(work.now))
    row.reason = reason
    money = give_up_invoice(work, row, reason="request-rejected")
    return _record(work, row, after, Action.REJECT, note=reason, money=money)


def readmit(work: UnitOfWork, request_id: str, *, reason: str) -> PermitRequest:
    """Opens a rejected request again; only an accepted appeal does that. Raises AlreadySubmitted where its number
    was taken up meanwhile."""
    row = lock_request(work, request_id)
    after = requests.advance(progress_of(row), Action.READMIT, today=legal_day(work.now))
    require_number_free(work.session, row.municipality, row.request_number, but=row.request_id)
    row.reason = None
    _record(work, row, after, Action.READMIT, note=reason)
    return flush_request(work.session, row)


def reveal_owners(work: UnitOfWork, request_id: str, *, reason: str) -> PermitRequest:
    """Returns whole ID numbers to an officer who compares them with a document. Records `reason` in the history, and
    the look beside the searches for people. Raises LimitReached."""
    reason = not_blank(reason, "reason")
    row = lock_request(work, request_id)
    search_people.record_look(work, Look.REVEAL, row.owners, reason)
    work.record_action(row, "reveal", note=reason)
    return row


def cancel_request(work: UnitOfWork, request_id: str, *, note: str | None = None) -> PermitRequest:
    """Cancels the request for the applicant. Money that was paid goes back; an open bill is withdrawn."""
    row = lock_request(work, request_id)
    after = requests.advance(progress_of(row), Action.CANCEL, today=legal_day(work.now))
    money = give_up_invoice(work, row, reason="request-cancelled")
    return _record(work, row, after, Action.CANCEL, note=note, money=money)


def expire_unpaid(work: UnitOfWork, request_id: str, *, note: str | None = None) -> PermitRequest:
    """Ends an unpaid request; the expiry of its bill ends the request too. Money that was paid in time revives the
    request after either. Raises InvoiceNotOverdue while there's time to pay."""
    row = lock_request(work, request_id)
    after = requests.expire_unpaid(progress_of(row), now=work.now)
    money = end_unpaid_invoice(work, row)
    action = Action.EXPIRE_UNPAID
    return _record(work, row, after, action, note=note, money=money)


def missing_papers(row: PermitRequest) -> list[Mapping[str, str]]:
    """Returns the papers of the request's kind that nobody recorded: code, and words in both languages."""
    handed_in = {paper.code for paper in row.papers}
    return files.missing(catalogue.papers_of(row.kind), handed_in)
