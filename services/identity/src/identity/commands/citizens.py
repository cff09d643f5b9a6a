"""Citizens: created at the first sign-in or as a delegate; suspended and reinstated."""

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
from identity.commands.sessions import NewSession, begin_session
from identity.domain.actions import Action
from identity.domain.delegations import MOST_OF_ONE, counts_until
from identity.domain.national_login import Verified, id_type_of
from identity.domain.tokens import RevocationKind
from identity.models import Citizen, Delegation, SignInSession

NATIONAL_LOGIN = SystemActor("national-login", "identity")


class Suspended(Exception):
    """The person may not sign in."""


def sign_in(
    session: Session, person: Verified, evidence: dict[str, str], now: datetime
) -> NewSession:
    """Signs in a verified person, and creates the citizen at the first sign-in. Raises Suspended."""
    citizen = get_or_create_citizen(UnitOfWork(session, NATIONAL_LOGIN, now), person.id_number)
    if citizen.status != ACTIVE:
        raise Suspended
    _update_from_login(session, citizen, person, now)
    # A sign-in is no change of the aggregate, so the row keeps its version.
    statement_of_citizen = update(Citizen).where(Citizen.citizen_id == citizen.citizen_id)
    session.execute(statement_of_citizen.values(last_sign_in_at=now))
    return begin_session(session, citizen, now, evidence={**evidence, "acr": person.acr})


def get_or_create_citizen(work: UnitOfWork, id_number: str) -> Citizen:
    """Returns the citizen of an identity number, locked; creates the citizen if there is none."""
    if citizen := find_citizen(work.session, id_number):
        return work.lock(Citizen, citizen.citizen_id)
    one_at_a_time(work.session, "citizen", keys_of(work.session).index.key(id_number))
    if citizen := find_citizen(work.session, id_number):
        return work.lock(Citizen, citizen.citizen_id)
    citizen = Citizen(
        citizen_id=new_id("c_"), id_number=id_number, number_key=id_number, status=ACTIVE
    )
    work.record_change(citizen, Action.REGISTER)
    work.session.add(citizen)
    work.session.flush()
    return citizen


def find_citizen(session: Session, id_number: str) -> Citizen | None:
    """Finds the citizen by the keyed hash of the number, under every key in use."""
    keys = keys_of(session).index.keys(id_number)
    return session.scalar(select(Citizen).where(Citizen.number_key.in_(keys)))


def _update_from_login(session: Session, citizen: Citizen, person: Verified, now: datetime) -> None:
    """Updates name and mobile from the national login. The journal records the change without the values."""
    facts = {"name": person.name, "mobile": person.mobile or citizen.mobile}
    changed = {name: None for name, value in facts.items() if getattr(citizen, name) != value}
    if not changed:
        return
    citizen.name, citizen.mobile = facts["name"], facts["mobile"]
    record_change(session, citizen, NATIONAL_LOGIN, Action.AMEND, now=now, details=changed)
    session.flush()


def claims_of_citizen(session: Session, row: SignInSession, now: datetime) -> dict[str, str]:
    """Returns the claims beside the subject: the person (sealed), the establishments, and the way of recognition
    (`acr`). The caller has locked the citizen."""
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
    """Returns the unified numbers of the establishments that the citizen acts for during the life of a token signed
    now."""
    statement = select(Delegation.unified_number).where(
        Delegation.citizen_id == citizen_id,
        Delegation.status == ACTIVE,
        Delegation.valid_until > counts_until(now),
    )
    return session.scalars(statement.order_by(Delegation.unified_number).limit(MOST_OF_ONE)).all()


def suspend_citizen(work: UnitOfWork, citizen_id: str, *, reason: str) -> Citizen:
    """Suspends the citizen, ends the sessions and voids the tokens. Raises InvalidFields, NotFound and WrongStatus."""
    reason = not_blank(reason, "reason")
    citizen = work.lock(Citizen, citizen_id)
    change_status(work, citizen, SUSPENDED, reason=reason)
    by = work.actor.subject
    revoke(
        work.session, RevocationKind.PERSON, citizen_id, reason=reason, recorded_by=by, now=work.now
    )
    return citizen


def reinstate_citizen(work: UnitOfWork, citizen_id: str) -> Citizen:
    """Reinstates the citizen. Raises NotFound and WrongStatus."""
    citizen = work.lock(Citizen, citizen_id)
    change_status(work, citizen, ACTIVE)
    return citizen
