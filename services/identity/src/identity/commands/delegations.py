"""Delegations: an officer or the owner lets a citizen act for an establishment, and ends the delegation early. A
delegation ends with what it rests on: the maker's right to sign in, and the maker's ownership by the commercial
register."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, func, or_, select

from chassis.access.revocations import RevokedSince
from chassis.core.ids import new_id
from chassis.core.refusals import NotFound, not_blank
from chassis.core.times import rfc3339
from chassis.data.advisory import one_at_a_time
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact, contacts_of
from chassis.events.outbox import publish
from identity.commands.changes import ACTIVE, suspend
from identity.commands.citizens import find_citizen, get_or_create_citizen
from identity.commands.revocations import revoke
from identity.domain.citizens import (
    MOST_OF_ONE,
    OWNER_LASTS,
    Basis,
    check_delegate,
    check_owner,
    check_until,
)
from identity.domain.errors import (
    DelegationExists,
    RegisterAway,
    TooManyDelegations,
    WrongStatus,
)
from identity.domain.registration import Action
from identity.domain.tokens import RevocationKind, delegation_name
from identity.events import delegation_event
from identity.models import Citizen, Delegation

ENDED = "ended"
# The identity numbers of an establishment's owners, by the commercial register.
Owners = Callable[[str], Collection[str]]


def delegate_by_officer(
    work: UnitOfWork, *, delegate: str, unified_number: str, until: datetime, proof: str
) -> Delegation:
    """Records a delegation after an officer has seen the `proof`. `delegate`: an identity number. Raises InvalidFields,
    InvalidRegistration, DelegationExists and TooManyDelegations."""
    proof = not_blank(proof, "proof")
    check_until(until, work.now)
    citizen = get_or_create_citizen(work, delegate)
    row = _new_row(citizen, unified_number, Basis.OFFICER, work.actor.subject, until)
    row.proof = proof
    return _add_delegation(work, row)


def delegate_by_owner(
    work: UnitOfWork,
    owners: Owners,
    *,
    owner: str,
    delegate: str,
    unified_number: str,
    until: datetime,
) -> Delegation:
    """Records a delegation by the owner, whom the commercial register has to name, and ends the delegations of former
    owners. `owner` and `delegate`: identity numbers. Raises InvalidRegistration, NotTheOwner, RegisterAway,
    RevokedSince, DelegationExists and TooManyDelegations."""
    check_until(until, work.now)
    check_delegate(owner, delegate)
    asked = new_id()
    named = owners(unified_number)
    check_owner(owner, named)
    known = find_citizen(work.session, delegate)
    _lock_maker(work, {known.citizen_id} if known else set(), unified_number)
    citizen = get_or_create_citizen(work, delegate)
    _end_delegations_of_former_owners(work, unified_number, named, asked)
    row = _new_row(citizen, unified_number, Basis.OWNER, work.actor.subject, until)
    return _add_delegation(work, row)


def claim_establishment(
    work: UnitOfWork, owners: Owners, *, owner: str, unified_number: str
) -> Delegation:
    """Records for thirty days that the caller owns the establishment, by the commercial register, and ends the
    delegations of former owners. Raises NotTheOwner, RegisterAway, RevokedSince, DelegationExists and
    TooManyDelegations."""
    asked = new_id()
    named = owners(unified_number)
    check_owner(owner, named)
    citizen = _lock_maker(work, set(), unified_number)
    _end_delegations_of_former_owners(work, unified_number, named, asked)
    row = _new_row(
        citizen, unified_number, Basis.REGISTER, citizen.citizen_id, work.now + OWNER_LASTS
    )
    return _add_delegation(work, row)


def end_delegation(work: UnitOfWork, delegation_id: str, *, reason: str) -> Delegation:
    """Ends a delegation and voids the delegate's tokens with it. The sessions go on; the next token doesn't name the
    establishment. Raises InvalidFields, NotFound and WrongStatus."""
    reason = not_blank(reason, "reason")
    found = work.session.get(Delegation, delegation_id)
    if found is None:
        raise NotFound
    work.lock(
        Citizen, found.citizen_id
    )  # before the delegation, like every change of a token's claims
    row = work.lock(Delegation, delegation_id)
    if row.status != ACTIVE:
        raise WrongStatus(Action.END, ENDED)
    _end_and_void(work, row, reason)
    return row


def end_own_delegation(work: UnitOfWork, delegation_id: str, *, reason: str) -> Delegation:
    """Ends a delegation for its owner or its delegate. Raises NotFound for everybody else."""
    found = work.session.get(Delegation, delegation_id)
    if found is None or work.actor.subject not in (found.citizen_id, found.made_by):
        raise NotFound
    return end_delegation(work, delegation_id, reason=reason)


def end_delegation_as_owner(
    work: UnitOfWork,
    owners: Owners,
    *,
    owner: str,
    unified_number: str,
    delegation_id: str,
    reason: str,
) -> Delegation:
    """Ends a delegation of the establishment for an owner whom the commercial register names at this moment, also when
    another owner made the delegation. Raises NotTheOwner, RegisterAway, and what `end_delegation` raises."""
    check_owner(owner, owners(unified_number))
    found = work.session.get(Delegation, delegation_id)
    if found is None or found.unified_number != unified_number:
        raise NotFound
    return end_delegation(work, delegation_id, reason=reason)


def suspend_citizen(work: UnitOfWork, citizen_id: str, *, reason: str) -> Citizen:
    """Suspends a citizen, and ends the delegations that the citizen has made: nobody goes on acting by the word of a
    suspended owner. Raises InvalidFields, NotFound and WrongStatus."""
    made = (Delegation.made_by == citizen_id, Delegation.status == ACTIVE)
    delegates = work.session.scalars(select(Delegation.citizen_id).where(*made)).all()
    work.lock_where(Citizen, Citizen.citizen_id.in_({citizen_id, *delegates}))
    row = suspend(work, Citizen, citizen_id, reason=reason)
    _end_all(work, select(Delegation).where(*made, Delegation.basis == Basis.OWNER), _SUSPENDED)
    return row


_SUSPENDED = "the owner who made the delegation was suspended"
_SOLD = "the commercial register no longer names the owner"


def _lock_maker(work: UnitOfWork, delegates: Collection[str], unified_number: str) -> Citizen:
    """Locks the establishment, then the caller, the named delegates and the establishment's delegates in the order of
    their ids; returns the caller. Two owners need not have a delegate in common, so the establishment has a lock of
    its own. Raises RevokedSince for a caller who was suspended since the request was let in."""
    one_at_a_time(work.session, "establishment", unified_number)
    of_establishment = select(Delegation.citizen_id).where(
        Delegation.unified_number == unified_number, Delegation.status == ACTIVE
    )
    present = work.session.scalars(of_establishment).all()
    ids = {work.actor.subject, *delegates, *present}
    locked = {one.citizen_id: one for one in work.lock_where(Citizen, Citizen.citizen_id.in_(ids))}
    maker = locked.get(work.actor.subject)
    if maker is None:
        raise NotFound
    if maker.status != ACTIVE:
        raise RevokedSince
    return maker


def _end_delegations_of_former_owners(
    work: UnitOfWork, unified_number: str, owners: Collection[str], asked: str
) -> None:
    """Ends the establishment's delegations that rest on the word of somebody whom the register names no more: that
    person's own, and those that the person made. What an officer saw the proof of stays; the owner sees and ends it.

    `asked`: a new id from before the question to the register; ids ascend with time. The establishment may have been
    sold after the answer, and its new owner may have come first. Raises RegisterAway if a delegation that rests on
    somebody outside the answer is younger than the question: the caller asks the register again."""
    by_owners = select(Delegation, Citizen).join(Citizen, Citizen.citizen_id == Delegation.made_by)
    statement = by_owners.where(
        Delegation.unified_number == unified_number,
        Delegation.status == ACTIVE,
        Delegation.basis.in_((Basis.OWNER.value, Basis.REGISTER.value)),
    )
    stale = [
        row.delegation_id
        for row, maker in work.session.execute(statement)
        if maker.id_number not in owners
    ]
    if any(delegation_id > asked for delegation_id in stale):
        raise RegisterAway
    _end_all(work, select(Delegation).where(Delegation.delegation_id.in_(stale)), _SOLD)


def _end_all(work: UnitOfWork, which: Select[Delegation], reason: str) -> None:
    """Ends the delegations. An expired delegation ends silently: it gave nothing any more, and nobody is told of its
    end weeks after its last day."""
    ids = sorted(one.delegation_id for one in work.session.scalars(which).unique())
    for delegation_id in ids:
        row = work.lock(Delegation, delegation_id)
        if row.status != ACTIVE:
            continue
        if row.valid_until > work.now:
            _end_and_void(work, row, reason)
        else:
            _end_row(work, row, reason)


def _end_and_void(work: UnitOfWork, row: Delegation, reason: str) -> None:
    _end_row(work, row, reason)
    _publish(work, row, "ended")
    revoke(
        work.session,
        RevocationKind.DELEGATION,
        delegation_name(row.citizen_id, row.unified_number),
        reason="a delegation ended",
        recorded_by=work.actor.subject,
        now=work.now,
    )


def _new_row(
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


def _add_delegation(work: UnitOfWork, row: Delegation) -> Delegation:
    """Adds the delegation. The lock on the citizen keeps two delegations of a citizen apart."""
    _make_room(work, row)
    details = {"unified_number": row.unified_number, "until": rfc3339(row.valid_until)}
    details |= {"basis": row.basis, "citizen_id": row.citizen_id}
    work.record_change(row, Action.REGISTER, note=row.proof, details=details)
    work.session.add(row)
    _publish(work, row, "named")
    return row


def _publish(work: UnitOfWork, row: Delegation, happened: str) -> None:
    """Publishes a delegation by somebody's word, with whom to tell. The register's answer about an owner isn't told:
    the owner has asked for it."""
    work.session.flush()
    if row.basis == Basis.REGISTER:
        return
    sealed = contacts_of(work.session).seal(row.delegation_id, _contacts(work, row))
    publish(work.session, delegation_event(happened, row.record(), sealed, work.now))


def _contacts(work: UnitOfWork, row: Delegation) -> Sequence[Contact]:
    """Returns the delegate, and the owner who made the delegation or whom the register named within thirty days, as far
    as the national login has told their mobiles. An owner who never claimed the establishment is unknown here."""
    claimed = select(Delegation.citizen_id).where(
        Delegation.unified_number == row.unified_number,
        Delegation.basis == Basis.REGISTER.value,
        Delegation.status == ACTIVE,
        Delegation.valid_until > work.now,
    )
    is_owner = or_(Citizen.citizen_id.in_(claimed), Citizen.citizen_id == row.made_by)
    owners = work.session.scalars(select(Citizen).where(is_owner).order_by(Citizen.citizen_id))
    people = [
        ("delegate", row.to),
        *(("owner", one) for one in owners if one.citizen_id != row.citizen_id),
    ]
    return [
        Contact(role=role, mobile=one.mobile, confirmed=True) for role, one in people if one.mobile
    ]


def _make_room(work: UnitOfWork, row: Delegation) -> None:
    """Ends an expired delegation for the establishment. Raises DelegationExists and TooManyDelegations."""
    of_citizen = (Delegation.citizen_id == row.citizen_id, Delegation.status == ACTIVE)
    same = select(Delegation).where(*of_citizen, Delegation.unified_number == row.unified_number)
    before = work.session.scalar(same)
    if before is not None:
        # A delegation by the commercial register may be repeated, so that its thirty days can be renewed.
        if before.valid_until > work.now and not before.basis == row.basis == Basis.REGISTER:
            raise DelegationExists
        _end_row(work, before, None)
    count = select(func.count()).where(*of_citizen, Delegation.valid_until > work.now)
    if (work.session.scalar(count) or 0) >= MOST_OF_ONE:
        raise TooManyDelegations


def _end_row(work: UnitOfWork, row: Delegation, reason: str | None) -> None:
    row.status = ENDED
    work.record_change(row, Action.END, note=reason)
    work.session.flush()
