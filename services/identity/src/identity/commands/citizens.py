"""Citizens: made at their first sign-in, or when somebody names them as a delegate; suspended and reinstated."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.access.auth import ACTS_FOR
from chassis.access.persons import CLAIM, Person, persons_of
from chassis.core.actors import SystemActor
from chassis.core.refusals import not_blank
from chassis.data.advisory import one_at_a_time
from chassis.data.aggregates import record_change
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from identity.commands.changes import ACTIVE, SUSPENDED, change_status
from identity.commands.people import new_id
from identity.commands.revocations import revoke
from identity.commands.sessions import SignedIn, begin
from identity.domain.actions import Action
from identity.domain.delegations import MOST_OF_ONE, counts_until
from identity.domain.national_login import Verified, id_type_of
from identity.domain.tokens import RevocationKind
from identity.models import Citizen, Delegation, SignInSession

BY = SystemActor("national-login", "identity")


class Suspended(Exception):
    """The person may not sign in."""


def sign_in(
    session: Session, person: Verified, evidence: dict[str, str], now: datetime
) -> SignedIn:
    """Signs in whom the national login vouches for, and makes them known the first time. Raises Suspended."""
    citizen = known_by(UnitOfWork(session, BY, now), person.id_number)
    if citizen.status != ACTIVE:
        raise Suspended
    _take_over(session, citizen, person, now)
    # No change of the aggregate: it's written without the row's version, beside a change that's being made.
    this = update(Citizen).where(Citizen.citizen_id == citizen.citizen_id)
    session.execute(this.values(last_sign_in_at=now))
    return begin(session, citizen, now, evidence={**evidence, "acr": person.acr})


def known_by(work: UnitOfWork, id_number: str) -> Citizen:
    """The citizen of an identity number, a new one if need be; the row is locked."""
    if citizen := find(work.session, id_number):
        return work.lock(Citizen, citizen.citizen_id)
    one_at_a_time(work.session, "citizen", keys_of(work.session).index.key(id_number))
    if citizen := find(work.session, id_number):
        return work.lock(Citizen, citizen.citizen_id)
    citizen = Citizen(
        citizen_id=new_id("c_"), id_number=id_number, number_key=id_number, status=ACTIVE
    )
    work.record_change(citizen, Action.REGISTER)
    work.session.add(citizen)
    work.session.flush()
    return citizen


def find(session: Session, id_number: str) -> Citizen | None:
    """By the number's keyed hash, under every key that is in use."""
    keys = keys_of(session).index.keys(id_number)
    return session.scalar(select(Citizen).where(Citizen.number_key.in_(keys)))


def _take_over(session: Session, citizen: Citizen, person: Verified, now: datetime) -> None:
    """Name and mobile as the national login has them now. The journal says that they changed, and not to what."""
    told = {"name": person.name, "mobile": person.mobile or citizen.mobile}
    changed = {name: None for name, value in told.items() if getattr(citizen, name) != value}
    if not changed:
        return
    citizen.name, citizen.mobile = told["name"], told["mobile"]
    record_change(session, citizen, BY, Action.AMEND, now=now, details=changed)
    session.flush()


def claims_of_citizen(session: Session, row: SignInSession, now: datetime) -> dict[str, str]:
    """What a citizen's token says beside the subject: who it is, sealed; the establishments that are acted for; how the
    person was recognised. Asked for behind a lock on the citizen."""
    citizen = session.get_one(Citizen, row.citizen_id, populate_existing=True)
    person = Person(
        id_number=citizen.id_number,
        id_type=id_type_of(citizen.id_number),
        name=citizen.display_name,
        mobile=citizen.mobile,
    )
    claims = {
        CLAIM: persons_of(session).seal(citizen.citizen_id, person),
        ACTS_FOR: " ".join(establishments(session, citizen.citizen_id, now)),
        "acr": (row.evidence or {}).get("acr", ""),
    }
    return {name: value for name, value in claims.items() if value}


def establishments(session: Session, citizen_id: str, now: datetime) -> Sequence[str]:
    """The unified numbers of those that a citizen acts for, for as long as a token signed now lives."""
    statement = select(Delegation.unified_number).where(
        Delegation.citizen_id == citizen_id,
        Delegation.status == ACTIVE,
        Delegation.valid_until > counts_until(now),
    )
    return session.scalars(statement.order_by(Delegation.unified_number).limit(MOST_OF_ONE)).all()


def suspend_citizen(work: UnitOfWork, citizen_id: str, *, reason: str) -> Citizen:
    """Ends the sessions and voids the tokens. Raises InvalidFields, NotFound and WrongStatus."""
    reason = not_blank(reason, "reason")
    citizen = work.lock(Citizen, citizen_id)
    change_status(work, citizen, SUSPENDED, reason=reason)
    by = work.actor.subject
    revoke(
        work.session, RevocationKind.PERSON, citizen_id, reason=reason, recorded_by=by, now=work.now
    )
    return citizen


def reinstate_citizen(work: UnitOfWork, citizen_id: str) -> Citizen:
    """Raises NotFound and WrongStatus."""
    citizen = work.lock(Citizen, citizen_id)
    change_status(work, citizen, ACTIVE)
    return citizen
