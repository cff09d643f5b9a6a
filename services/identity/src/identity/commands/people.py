"""Registers people, changes what they may do, and suspends them."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity import catalogue, passwords
from identity.commands.revocations import revoke
from identity.commands.status import ACTIVE, SUSPENDED, change_status, locked, touch
from identity.domain.errors import AlreadyThere, RuleBroken
from identity.domain.registration import check_password, normal_username
from identity.domain.tokens import RevocationKind
from identity.models import Organisation, Person

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_ID_LENGTH = 20


def create_person(
    session: Session,
    *,
    username: str,
    display_name: str,
    organisation: str,
    role: str,
    scopes: Sequence[str],
    password: str,
    by: str,
    now: datetime,
) -> Person:
    """Raises AlreadyThere for a taken username and RuleBroken."""
    username = normal_username(username)
    if session.scalar(select(Person.person_id).where(Person.username == username)):
        raise AlreadyThere("username-taken")
    of = session.get(Organisation, organisation)
    if of is None:
        raise RuleBroken("organisation", "organisation-unknown")
    catalogue.scopes().check_person(scopes, of.kind)
    check_password(password, username)
    person = Person(
        person_id="p_" + "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH)),
        username=username,
        display_name=display_name,
        organisation=organisation,
        role=role,
        scopes=list(scopes),
        password_hash=passwords.hash_password(password),
        status=ACTIVE,
        version=1,
        created_at=now,
        changed_at=now,
        changed_by=by,
    )
    session.add(person)
    session.flush()
    return person


def amend_person(
    session: Session,
    person_id: str,
    *,
    display_name: str,
    role: str,
    scopes: Sequence[str],
    by: str,
    now: datetime,
) -> Person:
    """A scope taken away voids the tokens that may still carry it. Raises NotThere and RuleBroken."""
    person = locked(session, Person, person_id)
    catalogue.scopes().check_person(scopes, person.of.kind)
    taken_away = set(person.scopes) - set(scopes)
    person.display_name, person.role, person.scopes = display_name, role, list(scopes)
    touch(person, by, now)
    session.flush()
    if taken_away:
        _revoke(session, person, "scopes taken away", by, now)
    return person


def set_password(
    session: Session, person_id: str, *, password: str, by: str, now: datetime
) -> Person:
    """Whoever knew the old one is signed out. Raises NotThere and RuleBroken."""
    person = locked(session, Person, person_id)
    check_password(password, person.username)
    person.password_hash = passwords.hash_password(password)
    touch(person, by, now)
    session.flush()
    _revoke(session, person, "password changed", by, now)
    return person


def suspend_person(
    session: Session, person_id: str, *, reason: str, by: str, now: datetime
) -> Person:
    """Ends the sessions and voids the tokens. Raises NotThere and WrongStatus."""
    person = locked(session, Person, person_id)
    change_status(person, SUSPENDED, by, now)
    session.flush()
    _revoke(session, person, reason, by, now)
    return person


def reinstate_person(session: Session, person_id: str, *, by: str, now: datetime) -> Person:
    """Raises NotThere and WrongStatus."""
    person = locked(session, Person, person_id)
    change_status(person, ACTIVE, by, now)
    session.flush()
    return person


def _revoke(session: Session, person: Person, reason: str, by: str, now: datetime) -> None:
    revoke(session, RevocationKind.PERSON, person.person_id, reason=reason, recorded_by=by, now=now)
