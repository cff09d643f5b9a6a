"""File, decide and withdraw an appeal. Another person than the one who made the decision decides.

Each command locks the permit or the request, then the appeal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import NotFound, not_blank
from chassis.data.aggregates import JournalEntry, history
from chassis.data.deadlines import drop_deadline, set_deadline
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.commands import change_permit, completion, review
from permits.commands.recording import (
    Warned,
    applicant_of,
    lock_certificate,
    lock_permit,
    lock_request,
    next_number,
    person_record,
    record_appeal,
    require_other_person,
)
from permits.domain import appeals
from permits.domain.actors import SYSTEM, require_access
from permits.domain.appeals import (
    DECIDE,
    MADE_BY,
    Against,
    AppealExists,
    AppealMoot,
    NothingToAppeal,
    Status,
)
from permits.domain.requests import Status as RequestStatus
from permits.models import Appeal, Certificate, Permit, PermitRequest
from saudi.days import legal_day

SERIES = "appeal"
DECISION = "appeal_decision"


@dataclass(frozen=True)
class AppealedDecision:
    """What's appealed against, locked: of which thing, when and by whom it was decided; None where nobody knows.
    `suspension_id`: which of several suspensions."""

    thing: Permit | PermitRequest
    certificate: Certificate | None
    at: datetime
    by: dict[str, Any] | None
    suspension_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Filing:
    """An owner's appeal. `of`: the permit, request or certificate; `owner`: the place of the owner on the thing;
    `suspension_id`: which of several suspensions, the newest by default."""

    against: Against
    of: str
    suspension_id: str | None = None
    owner: int = 0
    by_representative: bool = False
    grounds: str
    documents: tuple[Mapping[str, Any], ...] = ()
    noticed_on: date | None = None
    filed_on: date | None = None


def file(work: UnitOfWork, filing: Filing) -> Appeal:
    """Publishes appeal.filed, and sets the clock of its decision. Raises NotFound, NothingToAppeal, AppealTooLate,
    AppealExists and InvalidFields."""
    grounds = not_blank(filing.grounds, "grounds")
    found = _lock_decision(work, filing.against, filing.of, suspension_id=filing.suspension_id)
    today = legal_day(work.now)
    days = appeals.days_of(
        *(filing.against, legal_day(found.at)),
        noticed_on=filing.noticed_on,
        filed_on=filing.filed_on,
        rules=catalogue.appeal_rules(),
        today=today,
    )
    _require_no_appeal(work.session, filing, found)
    row = Appeal(
        appeal_id=new_id(),
        **_references(found),
        against=filing.against.value,
        target_id=filing.of,
        appealed_at=found.at,
        appealed_by=found.by,
        appellant=applicant_of(
            found.thing, owner=filing.owner, by_representative=filing.by_representative
        ),
        grounds=grounds,
        documents=[_document_reference(one) for one in filing.documents],
        noticed_on=days.noticed_on,
        filed_on=days.filed_on,
        decide_by=days.decide_by,
        status=Status.RECEIVED.value,
    )
    row.appeal_number, _ = next_number(work.session, SERIES, row.municipality, today)
    work.session.add(row)
    record_appeal(work, row, found.thing, "file_appeal", "filed")
    until = appeals.overdue_from(row.decide_by)
    set_deadline(work.session, Appeal.aggregate_type, row.appeal_id, DECISION, until)
    return row


def accept(work: UnitOfWork, appeal_id: str, *, reason: str, insulation_years: int = 0) -> Appeal:
    """Lifts what it's against. Publishes appeal.accepted and the event of the thing. Raises DutiesSeparated,
    AppealMoot, and AlreadySubmitted where the number of a rejected request was taken up."""
    row, thing = lock_appeal(work, appeal_id)
    row = _decide(work, row, thing, Status.ACCEPTED, reason)
    _lift(work, row, insulation_years)
    return row


def reject(work: UnitOfWork, appeal_id: str, *, reason: str) -> Appeal:
    """Lets the decision stand. Publishes appeal.rejected. Raises DutiesSeparated."""
    row, thing = lock_appeal(work, appeal_id)
    return _decide(work, row, thing, Status.REJECTED, reason)


def withdraw(work: UnitOfWork, appeal_id: str, *, reason: str) -> Appeal:
    """Ends an appeal that the owner took back, or whose decision was lifted otherwise. Publishes appeal.withdrawn.
    Raises DutiesSeparated for the person who made the decision: else he would be rid of the appeal against it."""
    reason = not_blank(reason, "reason")
    row, thing = lock_appeal(work, appeal_id)
    warned = _require_other_person(work, row)
    _end(work, row, Status.WITHDRAWN, reason)
    return record_appeal(
        work, row, thing, "withdraw_appeal", "withdrawn", note=reason, details=warned
    )


def _decide(
    work: UnitOfWork, row: Appeal, thing: Permit | PermitRequest, how: Status, reason: str
) -> Appeal:
    reason = not_blank(reason, "reason")
    warned = _require_other_person(work, row)
    before, after = (appeals.STATUS_TITLES[one][0] for one in (Status.RECEIVED, how))
    _end(work, row, how, reason)
    details = {"status": [before, after], **(warned or {})}
    return record_appeal(work, row, thing, DECIDE, how.value, note=reason, details=details)


def _require_other_person(work: UnitOfWork, row: Appeal) -> Warned | None:
    made = appeals.decision_act(row.against, row.appealed_by)
    return require_other_person(work, made, DECIDE, row.municipality)


def note_overdue(work: UnitOfWork, appeal_id: str) -> None:
    """Notes that nobody decided in time. The appeal stays open and heads the list. Publishes appeal.overdue."""
    try:
        row, thing = lock_appeal(work.acting_as(SYSTEM), appeal_id)
    except NotFound:
        return
    if appeals.is_overdue(row.status, row.decide_by, legal_day(work.now)):
        record_appeal(work.acting_as(SYSTEM), row, thing, "overdue", "overdue")


def _end(work: UnitOfWork, row: Appeal, how: Status, reason: str) -> None:
    row.status = appeals.end(row.status, how).value
    drop_deadline(work.session, Appeal.aggregate_type, row.appeal_id, DECISION)
    row.reason, row.ended_on, row.ended_by = reason, legal_day(work.now), person_record(work.actor)


def _lift(work: UnitOfWork, row: Appeal, insulation_years: int) -> None:
    """Undoes the decision, which has to stand as it was when it was appealed against."""
    try:
        found = _lock_decision(work, Against(row.against), row.target_id, at=row.appealed_at)
    except NothingToAppeal:
        raise AppealMoot from None
    if found.at != row.appealed_at:
        raise AppealMoot
    reason = row.reason or ""
    match Against(row.against):
        case Against.CANCELLATION:
            change_permit.restore(
                work, row.target_id, reason=reason, insulation_years=insulation_years
            )
        case Against.SUSPENSION if found.thing.status == "cancelled":
            change_permit.lift_suspension_of_cancelled(
                work, row.target_id, reason=reason, suspension_id=found.suspension_id
            )
        case Against.SUSPENSION:
            change_permit.reinstate(
                work,
                row.target_id,
                reason=reason,
                suspension_id=found.suspension_id,
                insulation_years=insulation_years,
            )
        case Against.REJECTION:
            review.readmit(work, row.target_id, reason=reason)
        case Against.COMPLETION_REFUSAL:
            completion.lift_refusal(work, row.target_id, reason=reason)


def _lock_decision(
    work: UnitOfWork,
    against: Against,
    of: str,
    *,
    suspension_id: str | None = None,
    at: datetime | None = None,
) -> AppealedDecision:
    """Locks the thing of a standing decision. Returns the decision. `suspension_id` or the moment `at` says which of
    several suspensions. Raises NotFound, NothingToAppeal."""
    thing: Permit | PermitRequest
    certificate = None
    match against:
        case Against.SUSPENSION:
            return _find_suspension(work, lock_permit(work, of), suspension_id, at)
        case Against.CANCELLATION:
            thing = lock_permit(work, of)
            found, standing = ("permit", of), thing.cancellation is not None
        case Against.REJECTION:
            thing = lock_request(work, of)
            found, standing = ("permit-request", of), thing.status == RequestStatus.REJECTED
        case Against.COMPLETION_REFUSAL:
            thing, certificate = lock_certificate(work, of, completion.KIND)
            found, standing = ("certificate", of), certificate.status == "rejected"
    act = _last_act(work.session, found, MADE_BY[against])
    if not standing or act is None:
        raise NothingToAppeal
    return AppealedDecision(thing, certificate, act.at, {"subject": act.subject, "name": act.name})


def _find_suspension(
    work: UnitOfWork, permit: Permit, suspension_id: str | None, at: datetime | None
) -> AppealedDecision:
    """Returns the suspension that stands on the locked permit. A suspension from before they had ids is the last."""
    work.session.flush()
    acts = history(
        work.session,
        (permit.aggregate_type, permit.permit_id),
        actions=[MADE_BY[Against.SUSPENSION]],
    )
    for ground in reversed(permit.grounds):
        made = ground.get("at")
        of_ground = [one for one in acts if not made or one.at == datetime.fromisoformat(made)]
        key = ground.get("suspension_id")
        if not of_ground or (suspension_id is not None and suspension_id != key):
            continue
        act = of_ground[-1]
        if at is None or at == act.at:
            by = {"subject": act.subject, "name": act.name}
            return AppealedDecision(permit, None, act.at, by, key)
    raise NothingToAppeal


def _last_act(session: Session, of: tuple[str, str], action: str) -> JournalEntry | None:
    session.flush()
    acts = history(session, of, actions=[action])
    return acts[-1] if acts else None


def _require_no_appeal(session: Session, filing: Filing, found: AppealedDecision) -> None:
    """Raises AppealExists: a decision is appealed against once, unless the owner took it back."""
    before = session.scalar(
        select(Appeal).where(
            Appeal.target_id == filing.of,
            Appeal.against == filing.against.value,
            Appeal.appealed_at == found.at,
            Appeal.status != Status.WITHDRAWN.value,
        )
    )
    if before is not None:
        raise AppealExists(before.status, before.appeal_number)


def _references(found: AppealedDecision) -> dict[str, Any]:
    thing, certificate = found.thing, found.certificate
    permit = thing if isinstance(thing, Permit) else None
    return {
        "municipality": thing.municipality,
        "permit_id": permit.permit_id if permit else None,
        "permit_number": permit.permit_number if permit else None,
        "request_id": thing.request_id,
        "request_number": thing.request_number,
        "certificate_id": certificate.certificate_id if certificate else None,
    }


def _document_reference(written: Mapping[str, Any]) -> dict[str, str | None]:
    return {"title": written["title"], "number": written.get("number")}


def lock_appeal(work: UnitOfWork, appeal_id: str) -> tuple[Appeal, Permit | PermitRequest]:
    """Locks the thing of the appeal, then the appeal. Raises NotFound."""
    seen = work.session.get(Appeal, appeal_id)
    if seen is None:
        raise NotFound
    require_access(work.actor, seen.municipality)
    of_permit = seen.permit_id
    thing = lock_permit(work, of_permit) if of_permit else lock_request(work, seen.target_id)
    return work.lock(Appeal, appeal_id), thing
