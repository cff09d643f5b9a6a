"""Shared by the commands: locks within the actor's reach, changes recorded and published, numbers."""

from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor as Acting
from chassis.core.refusals import NotFound
from chassis.data import numbers
from chassis.data.aggregates import lock, record_change
from chassis.events.outbox import publish
from permits import events
from permits.commands.following_releases import grounds_changed
from permits.commands.seals import seals_of
from permits.domain.actors import Actor, require_access
from permits.domain.permits import document_number
from permits.domain.requests import Progress, Status
from permits.models import Certificate, Permit, PermitRequest
from saudi.days import hijri_year

Row = TypeVar("Row", PermitRequest, Permit)


def lock_request(session: Session, actor: Actor, request_id: str) -> PermitRequest:
    """The request, locked until the transaction ends. Raises NotFound."""
    return _within_reach(actor, lock(session, PermitRequest, request_id))


def lock_permit(session: Session, actor: Actor, permit_id: str) -> Permit:
    """The permit, locked until the transaction ends. Raises NotFound."""
    return _within_reach(actor, lock(session, Permit, permit_id))


def _within_reach(actor: Actor, row: Row) -> Row:
    require_access(actor, row.municipality)
    return row


def lock_certificate(
    session: Session, actor: Actor, certificate_id: str, kind: str
) -> tuple[Permit, Certificate]:
    """The certificate of that kind and its permit, both locked: always the permit first, so that a
    revocation and a completion wait for each other instead of slipping past. A certificate that went
    to the next permit meanwhile is looked for there. Raises NotFound."""
    owner = select(Certificate.permit_id).where(
        Certificate.certificate_id == certificate_id, Certificate.kind == kind
    )
    while (permit_id := session.scalar(owner)) is not None:
        permit = lock_permit(session, actor, permit_id)
        if session.scalar(owner) == permit_id:
            return permit, lock(session, Certificate, certificate_id)
    raise NotFound


def progress_of(row: PermitRequest) -> Progress:
    """The request, as the rules see it."""
    return Progress(Status(row.status), row.due_on, row.decided_on, row.ended_on)


def record_request(
    session: Session,
    row: PermitRequest,
    after: Progress,
    actor: Acting,
    action: str,
    happened: str,
    *,
    now: datetime,
    note: str | None = None,
    reason_code: str | None = None,
    permit: Permit | None = None,
    details: dict[str, Any] | None = None,
) -> PermitRequest:
    """The progress of a locked request: written down, counted, journaled, published. `reason_code` says why the system
    itself moved it; `permit` is the one that was issued; `details`: what changed,
    from and to."""
    row.status, row.reason_code = after.status.value, reason_code
    row.due_on, row.decided_on, row.ended_on = after.due_on, after.decided_on, after.ended_on
    record_change(session, row, actor, action, now=now, note=note, details=details)
    issued = None
    if permit is not None:
        issued = {"permit_id": permit.permit_id, "permit_number": permit.permit_number}
    seals = seals_of(session)
    publish(session, events.request_event(happened, row.record(), seals, now, permit=issued))
    return row


def record_permit(
    session: Session,
    permit: Permit,
    actor: Actor,
    action: str,
    happened: str,
    *,
    now: datetime,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> Permit:
    """Counts and journals a change of the permit, and publishes it; `happened` is the event's past participle. The
    building's release of current follows."""
    record_change(session, permit, actor, action, now=now, note=note, details=details)
    publish(session, events.permit_event(happened, permit.record(), seals_of(session), now))
    grounds_changed(session, permit, actor, now=now)
    return permit


def record_certificate(
    session: Session,
    certificate: Certificate,
    actor: Actor,
    action: str,
    happened: str,
    *,
    now: datetime,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> Certificate:
    """Counts and journals a change of the certificate, whose permit is locked, and publishes it. The building's release
    of current follows."""
    record_change(session, certificate, actor, action, now=now, note=note, details=details)
    permit, seals = session.get_one(Permit, certificate.permit_id), seals_of(session)
    known = permit.record()
    record = {**certificate.record(), "building_id": known["building_id"]}
    publish(session, events.certificate_event(happened, record, known["owners"], seals, now))
    grounds_changed(session, permit, actor, now=now)
    return certificate


def next_number(session: Session, series: str, municipality: str, day: date) -> tuple[str, int]:
    """The next number of a kind of document and its Hijri year: (1448/1312, 1448)."""
    year = hijri_year(day)
    return document_number(year, numbers.draw(session, series, municipality, year)), year
