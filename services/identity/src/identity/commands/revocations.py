"""Voids tokens before their time, in the transaction of whatever is the reason for it."""

from datetime import UTC, datetime

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from chassis import revocations as chassis_revocations
from chassis.ids import new_id
from chassis.inbox import Received
from chassis.outbox import publish
from identity.domain import tokens
from identity.domain.tokens import RevocationKind
from identity.events import confirmation_event, revocation_event
from identity.models import Person, Revocation, SignInSession

ITSELF = "identity"
CONFIRM_SECONDS = 10
# Whatever was committed before the oldest row that waits, or before now, has been published. None while a heartbeat
# waits itself or the last one is young: this service follows its own topic, so it sees what the others see.
_CONFIRMABLE = text(
    """SELECT least(now(), min(created_at)) FROM outbox WHERE published_at IS NULL
    HAVING NOT coalesce(bool_or(type = :confirmed), false)
    AND least(now(), min(created_at)) > (SELECT complete_until FROM revocation_view) + :pause * interval '1 second'"""
)


def revoke(
    session: Session, kind: str, value: str, *, reason: str, recorded_by: str, now: datetime
) -> Revocation:
    """Records and publishes a revocation; sessions that it meets are ended.

    The chassis' own table is written at once, so that this service doesn't wait for its own event.
    """
    revocation = Revocation(
        revocation_id=new_id(),
        kind=kind,
        value=value,
        not_before=tokens.void_before(now),
        expires_at=tokens.forget_after(now),
        reason=reason,
        recorded_by=recorded_by,
        recorded_at=now,
    )
    session.add(revocation)
    session.flush()
    event = revocation_event(revocation.record(), now)
    event_id = publish(session, event)
    received = Received(
        id=event_id,
        type=event.type,
        subject=event.aggregate_id,
        sequence=1,
        time=now,
        data=event.data,
    )
    chassis_revocations.record(session, received)
    _end_sessions(session, kind, value, now)
    return revocation


def confirm(session: Session) -> None:
    """Publishes the heartbeat when it's due: a chore, called about once a second."""
    values = {"confirmed": chassis_revocations.CONFIRMED, "pause": CONFIRM_SECONDS}
    complete_until = session.scalar(_CONFIRMABLE, values)
    if complete_until is not None:
        publish(session, confirmation_event(new_id(), complete_until, datetime.now(UTC)))


def _end_sessions(session: Session, kind: str, value: str, now: datetime) -> None:
    people = select(Person.person_id).where(Person.organisation == value)
    met = {
        RevocationKind.SESSION: SignInSession.sid == value,
        RevocationKind.PERSON: SignInSession.person_id == value,
        RevocationKind.ORGANISATION: SignInSession.person_id.in_(people),
    }
    if (condition := met.get(RevocationKind(kind))) is not None:
        session.execute(
            update(SignInSession)
            .where(condition, SignInSession.ended_at.is_(None))
            .values(ended_at=now)
        )
