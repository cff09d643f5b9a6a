"""Shared by the commands: locks within the actor's reach, changes recorded and published, numbers."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields, NotFound
from chassis.data import numbers
from chassis.data.aggregates import history
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.outbox import publish
from permits import catalogue, events
from permits.commands.release_state import lock_certificates, lock_open_release, recheck_release
from permits.commands.version_read import record_change
from permits.domain import actors, permits
from permits.domain.actors import Actor, Done, DutiesSeparated, Mode, require_access
from permits.domain.inquiry import verified_parties_of
from permits.domain.permits import Action, document_number
from permits.domain.requests import Progress, Status
from permits.events import seals_of
from permits.models import Appeal, Certificate, Permit, PermitRequest
from saudi.days import hijri_year, legal_day

Row = TypeVar("Row", PermitRequest, Permit)


def lock_request(work: UnitOfWork, request_id: str) -> PermitRequest:
    """Locks the request. Raises NotFound."""
    return _within_reach(work.actor, work.lock(PermitRequest, request_id))


def lock_permit(work: UnitOfWork, permit_id: str) -> Permit:
    """Locks the permit. Raises NotFound."""
    return _within_reach(work.actor, work.lock(Permit, permit_id))


def successor_of(session: Session, permit: Permit) -> Permit | None:
    """Returns the permit that replaced this permit, unlocked. Other permits may name this permit too: an addition to a
    finished building replaces nothing."""
    return session.get(Permit, permit.successor["permit_id"]) if permit.successor else None


def lock_newest_permit(work: UnitOfWork, permit: Permit) -> Permit:
    """Locks the permit that the locked permit's building has today. Returns the locked permit if no other permit
    replaced it."""
    while permit.status in (permits.Status.RENEWED, permits.Status.SUPERSEDED):
        after = successor_of(work.session, permit)
        if after is None:
            return permit
        permit = work.lock(Permit, after.permit_id)
    return permit


def _within_reach(actor: Actor, row: Row) -> Row:
    require_access(actor, row.municipality)
    return row


def lock_certificate(
    work: UnitOfWork, certificate_id: str, kind: str
) -> tuple[Permit, Certificate]:
    """Locks the permit of a certificate of that kind, then all certificates of the permit, so that a revocation and a
    completion wait for each other. Follows a certificate that moved to the next permit meanwhile. Raises NotFound."""
    owner = select(Certificate.permit_id).where(
        Certificate.certificate_id == certificate_id, Certificate.kind == kind
    )
    while (permit_id := work.session.scalar(owner)) is not None:
        permit = lock_permit(work, permit_id)
        if work.session.scalar(owner) == permit_id:
            lock_certificates(work, permit)
            return permit, work.lock(Certificate, certificate_id)
    raise NotFound


def progress_of(row: PermitRequest) -> Progress:
    """Returns the request as the rules read it."""
    return Progress(Status(row.status), row.due_on, row.decided_on, row.ended_on)


def record_request(
    work: UnitOfWork,
    row: PermitRequest,
    after: Progress,
    action: str,
    happened: str,
    *,
    note: str | None = None,
    reason_code: str | None = None,
    permit: Permit | None = None,
    details: dict[str, Any] | None = None,
) -> PermitRequest:
    """Writes, counts, journals and publishes the progress of a locked request. `reason_code`: why the system moved
    the request; `permit`: the issued permit; `details`: what changed, from and to."""
    row.status, row.reason_code = after.status.value, reason_code
    row.due_on, row.decided_on, row.ended_on = after.due_on, after.decided_on, after.ended_on
    record_change(work, row, action, note=note, details=details)
    seals = seals_of(work.session)
    permit = permit or _permit_of(work.session, row)
    record, issued = row.record(), None
    if permit is not None:
        record = _with_owners_of(permit, record)
        issued = {"permit_id": permit.permit_id, "permit_number": permit.permit_number}
    publish(work.session, events.request_event(happened, record, seals, work.now, permit=issued))
    return row


def owned_record(session: Session, thing: Permit | PermitRequest) -> dict[str, Any]:
    """Returns the record of a permit or request, with the present owners. An issued request stays as it was approved,
    so its present owners are those of its permit."""
    permit = _permit_of(session, thing) if isinstance(thing, PermitRequest) else None
    record = thing.record()
    return record if permit is None else _with_owners_of(permit, record)


def _with_owners_of(permit: Permit, record: dict[str, Any]) -> dict[str, Any]:
    owners = [owner.record() for owner in permit.owners]
    return {**record, "owners": owners, "representative": permit.representative}


def _permit_of(session: Session, request: PermitRequest) -> Permit | None:
    """Returns the permit that was issued from the request; None before the permit is stored."""
    if request.status != Status.ISSUED:
        return None
    return session.scalar(select(Permit).where(Permit.request_id == request.request_id))


def record_permit(
    work: UnitOfWork,
    permit: Permit,
    action: str,
    happened: str,
    *,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> Permit:
    """Counts and journals a change of the permit, and publishes it; `happened` is the event's past participle. The
    building's release of current follows."""
    record_change(work, permit, action, note=note, details=details)
    publish(
        work.session,
        events.permit_event(happened, permit.record(), seals_of(work.session), work.now),
    )
    recheck_release(work, permit)
    return permit


def record_certificate(
    work: UnitOfWork,
    certificate: Certificate,
    action: str,
    happened: str,
    *,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> Certificate:
    """Counts and journals a change of the certificate, whose permit is locked, and publishes it. The building's release
    of current follows."""
    record_change(work, certificate, action, note=note, details=details)
    permit, seals = work.session.get_one(Permit, certificate.permit_id), seals_of(work.session)
    known = permit.record()
    record = {**certificate.record(), "building_id": known["building_id"]}
    told = verified_parties_of(known)
    publish(work.session, events.certificate_event(happened, record, told, seals, work.now))
    recheck_release(work, permit)
    return certificate


def record_appeal(
    work: UnitOfWork,
    row: Appeal,
    thing: Permit | PermitRequest,
    action: str,
    happened: str,
    *,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> Appeal:
    """Counts and journals a change of the locked appeal, and publishes it. `thing`: the locked permit or request of
    the appeal."""
    record_change(work, row, action, note=note, details=details)
    owners = verified_parties_of(owned_record(work.session, thing))
    publish(
        work.session,
        events.appeal_event(happened, row.record(), owners, seals_of(work.session), work.now),
    )
    return row


def draw_certificate_number(work: UnitOfWork, kind: str, permit: Permit) -> str:
    """Draws the number of a certificate on the locked permit. Locks the building's release first, because the issue
    rechecks the release and a transaction that holds a number series must not wait for a row."""
    lock_open_release(work, permit)
    number, _ = next_number(work.session, kind, permit.municipality, legal_day(work.now))
    return number


def next_number(session: Session, series: str, municipality: str, day: date) -> tuple[str, int]:
    """Draws the next number of a kind of document. Returns the number and its Hijri year: (1448/1312, 1448)."""
    year = hijri_year(day)
    return document_number(year, numbers.draw(session, series, municipality, year)), year


def advance_permit(permit: Permit, action: Action, now: datetime) -> None:
    """Moves the permit's status, seen as of today."""
    effective = permits.effective_status(permit.status, permit.expires_on, legal_day(now))
    permit.status = permits.advance(effective, action).value


def person_record(actor: Actor) -> dict[str, str | None]:
    """Returns the actor's subject and name, as rows keep a person."""
    return {"subject": actor.subject, "name": actor.name}


def applicant_of(
    thing: Permit | PermitRequest, *, owner: int, by_representative: bool
) -> dict[str, str]:
    """Returns name and capacity. `owner`: the place on the deed, from 0. Raises InvalidFields for a person who isn't
    on record."""
    if owner >= len(thing.owners):
        raise InvalidFields.of("owner", "owner-unknown")
    if not by_representative:
        return {"name": thing.owners[owner].name, "capacity": "owner"}
    if thing.representative is None:
        raise InvalidFields.of("by_representative", "not-represented")
    return {name: thing.representative[name] for name in ("name", "capacity")}


Warned = dict[str, Any]


def require_separation(
    work: UnitOfWork, then: str, branch: str, *aggregates: tuple[str, str]
) -> Warned | None:
    """Checks by the history of the locked things that another person did what comes before `then`. Returns None, or
    the note for the history where a branch only warns. Raises DutiesSeparated."""
    work.session.flush()
    rows = history(work.session, *aggregates, actions=actors.acts_of(catalogue.duties(), then))
    done = actors.this_round([Done(row.action, row.subject, row.name) for row in rows])
    return require_other_person(work, done, then, branch)


def persons_barred_from(
    session: Session, then: str, branch: str, on: date, *aggregates: tuple[str, str]
) -> Mapping[str, str | None]:
    """Returns the names, by subject, of the persons to whom the branch refuses `then` for what they did to the things;
    nobody where the branch only warns."""
    if actors.mode_of(catalogue.duty_rules(), branch, on) is not Mode.REFUSE:
        return {}
    first = actors.acts_of(catalogue.duties(), then)
    rows = history(session, *aggregates, actions=first) if aggregates else ()
    done = actors.this_round([Done(row.action, row.subject, row.name) for row in rows])
    return {
        one.subject: one.name
        for one in done
        if actors.broken_duty(catalogue.duties(), then, one.subject, done)
    }


def require_other_person(
    work: UnitOfWork, done: Sequence[Done], then: str, branch: str
) -> Warned | None:
    """Checks the separation of duties against known acts. Returns the note for the history where a branch only
    warns. Raises DutiesSeparated."""
    duty = actors.broken_duty(catalogue.duties(), then, work.actor.subject, done)
    if duty is None:
        return None
    if actors.mode_of(catalogue.duty_rules(), branch, legal_day(work.now)) is Mode.REFUSE:
        raise DutiesSeparated(duty.code, work.actor.name or work.actor.subject)
    return {"duty": duty.code}


def warn_of_duty(row: PermitRequest, warned: Warned | None) -> None:
    """Adds the broken duty to the warnings of the locked request."""
    if warned is not None:
        row.warnings = [*row.warnings, {"field": "duties", "code": warned["duty"]}]
