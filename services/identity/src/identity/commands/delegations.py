"""Who acts for which establishment: made by an officer or the owner, never by the delegate; ended before its time."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.ids import new_id
from chassis.core.refusals import NotFound, not_blank
from chassis.core.times import rfc3339
from chassis.data.aggregates import lock, record_change
from identity.commands.changes import ACTIVE
from identity.commands.citizens import known_by
from identity.commands.revocations import revoke
from identity.domain.actions import Action
from identity.domain.delegations import (
    MOST_OF_ONE,
    OWNER_LASTS,
    Basis,
    check_delegate,
    check_owner,
    check_until,
)
from identity.domain.errors import DelegationExists, TooManyDelegations, WrongStatus
from identity.domain.tokens import RevocationKind, delegation_name
from identity.models import Citizen, Delegation

ENDED = "ended"
# The identity numbers of an establishment's owners, by the commercial register.
Owners = Callable[[str], Collection[str]]


def delegate_by_officer(
    session: Session,
    *,
    delegate: str,
    unified_number: str,
    until: datetime,
    proof: str,
    actor: Actor,
    now: datetime,
) -> Delegation:
    """An officer has seen the proof, and says which. `delegate` is an identity number. Raises InvalidFields,
    InvalidRegistration, DelegationExists and TooManyDelegations."""
    proof = not_blank(proof, "proof")
    check_until(until, now)
    citizen = known_by(session, delegate, actor, now)
    row = _row(citizen, unified_number, Basis.OFFICER, actor.subject, until)
    row.proof = proof
    return _add(session, row, actor, now)


def delegate_by_owner(
    session: Session,
    owners: Owners,
    *,
    owner: str,
    delegate: str,
    unified_number: str,
    until: datetime,
    actor: Actor,
    now: datetime,
) -> Delegation:
    """The owner, whom the commercial register names now, says who acts for the establishment. `owner` and `delegate`
    are identity numbers. Raises InvalidRegistration, NotTheOwner, RegisterAway, DelegationExists and
    TooManyDelegations."""
    check_until(until, now)
    check_delegate(owner, delegate)
    check_owner(owner, owners(unified_number))
    citizen = known_by(session, delegate, actor, now)
    row = _row(citizen, unified_number, Basis.OWNER, actor.subject, until)
    return _add(session, row, actor, now)


def claim_establishment(
    session: Session,
    owners: Owners,
    *,
    owner: str,
    unified_number: str,
    actor: Actor,
    now: datetime,
) -> Delegation:
    """The commercial register's own word that the caller owns the establishment, for thirty days. Raises NotTheOwner,
    RegisterAway, DelegationExists and TooManyDelegations."""
    check_owner(owner, owners(unified_number))
    citizen = lock(session, Citizen, actor.subject)
    row = _row(citizen, unified_number, Basis.REGISTER, citizen.citizen_id, now + OWNER_LASTS)
    return _add(session, row, actor, now)


def end_delegation(
    session: Session, delegation_id: str, *, reason: str, actor: Actor, now: datetime
) -> Delegation:
    """Voids the delegate's tokens that carry it; the sessions go on, and the next token doesn't name the establishment.
    Raises InvalidFields, NotFound and WrongStatus."""
    reason = not_blank(reason, "reason")
    found = session.get(Delegation, delegation_id)
    if found is None:
        raise NotFound
    lock(
        session, Citizen, found.citizen_id
    )  # first, as everything does that changes what a token says
    row = lock(session, Delegation, delegation_id)
    if row.status != ACTIVE:
        raise WrongStatus(Action.END, ENDED)
    _end(session, row, actor, now, reason)
    revoke(
        session,
        RevocationKind.DELEGATION,
        delegation_name(row.citizen_id, row.unified_number),
        reason="a delegation ended",
        recorded_by=actor.subject,
        now=now,
    )
    return row


def end_own_delegation(
    session: Session, delegation_id: str, *, reason: str, actor: Actor, now: datetime
) -> Delegation:
    """By the owner who made it, or by the delegate who doesn't want it any more; to others it isn't there."""
    found = session.get(Delegation, delegation_id)
    if found is None or actor.subject not in (found.citizen_id, found.made_by):
        raise NotFound
    return end_delegation(session, delegation_id, reason=reason, actor=actor, now=now)


def _row(
    citizen: Citizen, unified_number: str, basis: Basis, made_by: str, until: datetime
) -> Delegation:
    return Delegation(
        delegation_id=new_id(),
        citizen_id=citizen.citizen_id,
        to=citizen,
        unified_number=unified_number,
        basis=str(basis),
        made_by=made_by,
        proof=None,
        valid_until=until,
        status=ACTIVE,
    )


def _add(session: Session, row: Delegation, actor: Actor, now: datetime) -> Delegation:
    """The citizen's row is locked: two of one person come one after the other."""
    _make_room(session, row, actor, now)
    details = {"unified_number": row.unified_number, "until": rfc3339(row.valid_until)}
    details |= {"basis": row.basis, "citizen_id": row.citizen_id}
    record_change(session, row, actor, Action.REGISTER, now=now, note=row.proof, details=details)
    session.add(row)
    session.flush()
    return row


def _make_room(session: Session, row: Delegation, actor: Actor, now: datetime) -> None:
    """Ends one that's over by its time. Raises DelegationExists and TooManyDelegations."""
    of_citizen = (Delegation.citizen_id == row.citizen_id, Delegation.status == ACTIVE)
    same = select(Delegation).where(*of_citizen, Delegation.unified_number == row.unified_number)
    before = session.scalar(same)
    if before is not None:
        # What the commercial register says may be said again, so that thirty days can be renewed.
        if before.valid_until > now and not before.basis == row.basis == Basis.REGISTER:
            raise DelegationExists
        _end(session, before, actor, now, None)
    count = select(func.count()).where(*of_citizen, Delegation.valid_until > now)
    if (session.scalar(count) or 0) >= MOST_OF_ONE:
        raise TooManyDelegations


def _end(
    session: Session, row: Delegation, actor: Actor, now: datetime, reason: str | None
) -> None:
    row.status = ENDED
    record_change(session, row, actor, Action.END, now=now, note=reason)
    session.flush()
