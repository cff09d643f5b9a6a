"""Voids tokens before their time, in the transaction of the change that is the reason."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, text, update
from sqlalchemy.orm import Session

from chassis.access import revocations as chassis_revocations
from chassis.core.ids import new_id
from chassis.core.refusals import NotFound
from chassis.data.aggregates import lock
from chassis.events.outbox import publish
from identity.domain import tokens
from identity.domain.tokens import RevocationKind
from identity.events import confirmation_event, revocation_event
from identity.models import (
    Citizen,
    Organisation,
    Person,
    Revocation,
    SecondStep,
    SignInSession,
)
from identity.void_tokens import void_until_of

RECORDED_BY_IDENTITY = "identity"
CONFIRM_SECONDS = 10
# What a sign-in locks until its session has begun.
_LOCKED_BY_SIGN_INS: Mapping[str, tuple[type[Any], ...]] = {
    RevocationKind.PERSON: (Person, Citizen),
    RevocationKind.ORGANISATION: (Organisation,),
}
# Every revocation that was committed before the oldest unpublished row, or before now, has been published. None while a
# heartbeat is unpublished or the last one is young: identity follows its own topic, so it sees what other services see.
_CONFIRMABLE = text(
    """SELECT least(now(), min(created_at)) FROM outbox WHERE published_at IS NULL
    HAVING NOT coalesce(bool_or(type = :confirmed), false)
    AND least(now(), min(created_at)) > (SELECT complete_until FROM revocation_view) + :pause * interval '1 second'"""
)


def revoke(
    session: Session, kind: str, value: str, *, reason: str, recorded_by: str, now: datetime
) -> Revocation:
    """Records and publishes a revocation, and ends the sessions that it names.

    A sign-in of the person that is under way ends first, so that its session ends too; or it finds the revocation. The
    chassis' table is written at once, so that this service doesn't wait for its own event.
    """
    for model in _LOCKED_BY_SIGN_INS.get(kind, ()):
        with suppress(NotFound):
            lock(session, model, value)
    revocation = Revocation(
        revocation_id=new_id(),
        kind=kind,
        value=value,
        not_before=tokens.void_before(kind, now, void_until_of(session, kind, value)),
        expires_at=tokens.forget_after(kind, now),
        reason=reason,
        recorded_by=recorded_by,
        recorded_at=now,
    )
    session.add(revocation)
    session.flush()
    event = revocation_event(revocation.record(), now)
    publish(session, event)
    chassis_revocations.keep(session, event.data)
    _end_sessions(session, kind, value, now)
    return revocation


def publish_heartbeat(session: Session, now: datetime) -> None:
    """Publishes the heartbeat when the heartbeat is due. A chore calls about once a second."""
    values = {"confirmed": chassis_revocations.CONFIRMED, "pause": CONFIRM_SECONDS}
    complete_until = session.scalar(_CONFIRMABLE, values)
    if complete_until is not None:
        publish(session, confirmation_event(new_id(), complete_until, now))


def _end_sessions(session: Session, kind: str, value: str, now: datetime) -> None:
    """Ends the sessions that a revocation names, and the sign-ins that are between password and second factor."""
    people = select(Person.person_id).where(Person.organisation == value)
    conditions = {
        RevocationKind.SESSION: SignInSession.sid == value,
        RevocationKind.PERSON: or_(
            SignInSession.person_id == value, SignInSession.citizen_id == value
        ),
        RevocationKind.ORGANISATION: SignInSession.person_id.in_(people),
    }
    if (condition := conditions.get(RevocationKind(kind))) is not None:
        session.execute(
            update(SignInSession)
            .where(condition, SignInSession.ended_at.is_(None))
            .values(ended_at=now)
        )
    under_way = {
        RevocationKind.PERSON: SecondStep.person_id == value,
        RevocationKind.ORGANISATION: SecondStep.person_id.in_(people),
    }
    if (condition := under_way.get(RevocationKind(kind))) is not None:
        session.execute(delete(SecondStep).where(condition))
