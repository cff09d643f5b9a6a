"""Registers people, changes what they may do, and suspends them."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import Findings, not_blank
from chassis.data.aggregates import lock, record_change
from identity import catalogue, passwords
from identity.commands.changes import ACTIVE, SUSPENDED, change_status, change_terms
from identity.commands.revocations import revoke
from identity.domain.actions import Action
from identity.domain.errors import InvalidRegistration, UsernameTaken
from identity.domain.registration import check_password, normal_username
from identity.domain.tokens import RevocationKind
from identity.models import Organisation, Person

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_ID_LENGTH = 20


def new_id(prefix: str) -> str:
    """A random id that says nothing about the person: the `sub` of tokens."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))


def create_person(
    session: Session,
    *,
    username: str,
    display_name: str,
    organisation: str,
    role: str,
    scopes: Sequence[str],
    password: str,
    attributes: Mapping[str, str] | None = None,
    actor: Actor,
    now: datetime,
) -> Person:
    """Raises UsernameTaken and InvalidRegistration."""
    username = normal_username(username)
    if session.scalar(select(Person.person_id).where(Person.username == username)):
        raise UsernameTaken
    of = session.get(Organisation, organisation)
    if of is None:
        raise InvalidRegistration.of("organisation", "organisation-unknown")
    findings = Findings(InvalidRegistration)
    with findings.gather():
        catalogue.scopes().check_person(scopes, of.kind)
    with findings.gather():
        check_password(password, username)
    findings.settle()
    person = Person(
        person_id=new_id("p_"),
        username=username,
        display_name=display_name,
        organisation=organisation,
        role=role,
        scopes=list(scopes),
        attributes=dict(attributes or {}),
        password_hash=passwords.hash_password(password),
        status=ACTIVE,
    )
    record_change(session, person, actor, Action.REGISTER, now=now)
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
    attributes: Mapping[str, str] | None = None,
    actor: Actor,
    now: datetime,
) -> Person:
    """A scope taken away voids the tokens that may still carry it, and so does any change of the attributes: only the
    services know whether it's one to more or to less. `attributes` of None leaves them as they are.

    Raises NotFound and InvalidRegistration.
    """
    person = lock(session, Person, person_id)
    catalogue.scopes().check_person(scopes, person.of.kind)
    terms = {
        "display_name": display_name,
        "role": role,
        "scopes": list(scopes),
        "attributes": person.attributes if attributes is None else dict(attributes),
    }
    outdated = {
        "scopes taken away": set(person.scopes) - set(scopes),
        "attributes changed": terms["attributes"] != person.attributes,
    }
    change_terms(session, person, terms, actor, now=now)
    if reason := next((reason for reason, holds in outdated.items() if holds), None):
        _revoke(session, person, reason, actor, now)
    return person


def set_password(
    session: Session, person_id: str, *, password: str, actor: Actor, now: datetime
) -> Person:
    """Ends the person's sessions, because others may know the old password. Raises NotFound and InvalidRegistration."""
    person = lock(session, Person, person_id)
    check_password(password, person.username)
    person.password_hash = passwords.hash_password(password)
    record_change(session, person, actor, Action.SET_PASSWORD, now=now)
    session.flush()
    _revoke(session, person, "password changed", actor, now)
    return person


def suspend_person(
    session: Session, person_id: str, *, reason: str, actor: Actor, now: datetime
) -> Person:
    """Ends the sessions and voids the tokens. Raises InvalidFields, NotFound and WrongStatus."""
    reason = not_blank(reason, "reason")
    person = lock(session, Person, person_id)
    change_status(session, person, SUSPENDED, actor, now=now, reason=reason)
    _revoke(session, person, reason, actor, now)
    return person


def reinstate_person(session: Session, person_id: str, *, actor: Actor, now: datetime) -> Person:
    """Raises NotFound and WrongStatus."""
    person = lock(session, Person, person_id)
    change_status(session, person, ACTIVE, actor, now=now)
    return person


def _revoke(session: Session, person: Person, reason: str, actor: Actor, now: datetime) -> None:
    by = actor.subject
    revoke(session, RevocationKind.PERSON, person.person_id, reason=reason, recorded_by=by, now=now)
