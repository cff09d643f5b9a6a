"""Organisations and their people: registered and changed."""

import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.core.refusals import Findings
from chassis.data.unit_of_work import UnitOfWork
from identity import catalogue, passwords
from identity.commands.changes import ACTIVE, change_terms, void_tokens_of
from identity.commands.sessions import forget_failures_with_codes
from identity.domain.administration import (
    check_given_terms,
    check_username_home,
    code_in,
    require_own_scopes,
)
from identity.domain.errors import InvalidRegistration, OrganisationExists, UsernameTaken
from identity.domain.registration import (
    DISTINCT_SIGNS,
    Action,
    check_display_name,
    check_municipality,
    check_password,
    normal_username,
)
from identity.domain.second_factor import Policy
from identity.models import Organisation, Person


def create_organisation(
    work: UnitOfWork,
    *,
    code: str,
    kind: str,
    name: dict[str, str],
    municipality: str | None,
    second_factor: str = Policy.DEMANDED,
) -> Organisation:
    """Registers an organisation. `name` is {"ar": …, "en": …}. Raises OrganisationExists and InvalidRegistration."""
    if work.session.get(Organisation, code):
        raise OrganisationExists(code=code)
    check_municipality(kind, municipality, catalogue.municipalities())
    organisation = Organisation(
        code=code,
        kind=kind,
        name_ar=name["ar"],
        name_en=name["en"],
        municipality=municipality,
        second_factor=second_factor,
        status=ACTIVE,
    )
    work.record_change(organisation, Action.REGISTER)
    work.session.add(organisation)
    work.session.flush()
    return organisation


def rename_organisation(work: UnitOfWork, code: str, *, name: dict[str, str]) -> Organisation:
    """Renames an organisation. Raises NotFound."""
    organisation = work.lock(Organisation, code)
    terms = {"name_ar": name["ar"], "name_en": name["en"]}
    change_terms(work, organisation, terms)
    return organisation


_ID_LENGTH = 20


def new_id(prefix: str) -> str:
    """Returns a random id that reveals nothing about the person: the `sub` of tokens."""
    return prefix + "".join(secrets.choice(DISTINCT_SIGNS) for _ in range(_ID_LENGTH))


def create_person(
    work: UnitOfWork,
    *,
    username: str,
    display_name: str,
    organisation: str,
    role: str,
    scopes: Sequence[str],
    password: str,
    attributes: Mapping[str, str] | None = None,
    reach: str | None = None,
) -> Person:
    """Registers a person. `reach`: the one organisation that the administrator reaches, who may give less. Raises
    UsernameTaken and InvalidRegistration."""
    username = normal_username(username)
    findings = Findings(InvalidRegistration)
    with findings.gather():
        catalogue.scopes().check_person(scopes, _kind_of(work.session, organisation))
    with findings.gather():
        _check_username(work.session, username, organisation, reach=reach)
    _check_own_words(display_name, password, username, findings)
    findings.settle()
    if work.session.scalar(select(Person.person_id).where(Person.username == username)):
        raise UsernameTaken
    if reach is not None:
        check_given_terms(
            scopes=scopes,
            had=(),
            held_by_organisation=_scopes_held_in(work.session, reach),
            attributes=attributes or {},
            had_attributes={},
        )
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
    work.record_change(person, Action.REGISTER)
    work.session.add(person)
    work.session.flush()
    return person


def _check_own_words(display_name: str, password: str, username: str, findings: Findings) -> None:
    with findings.gather():
        check_display_name(display_name)
    with findings.gather():
        check_password(password, username)


def _kind_of(session: Session, organisation: str) -> str:
    """Returns the kind of an organisation. Raises InvalidRegistration for an unknown code."""
    row = session.get(Organisation, organisation)
    if row is None:
        raise InvalidRegistration.of("organisation", "organisation-unknown")
    return row.kind


def _check_username(
    session: Session, username: str, organisation: str, *, reach: str | None
) -> None:
    code = code_in(username)
    is_code = code is not None and session.get(Organisation, code) is not None
    check_username_home(username, organisation, reach=reach, begins_with_code=is_code)


def _scopes_held_in(session: Session, organisation: str) -> frozenset[str]:
    """Returns the scopes that the organisation's registered people have."""
    statement = select(func.unnest(Person.scopes)).where(Person.organisation == organisation)
    return frozenset(session.scalars(statement))


def amend_person(
    work: UnitOfWork,
    person_id: str,
    *,
    display_name: str,
    role: str,
    scopes: Sequence[str],
    attributes: Mapping[str, str] | None = None,
    reach: str | None = None,
) -> Person:
    """Changes the terms of a person. Removing a scope, or changing the attributes, voids the tokens that carry the old
    terms: only the services know what an attribute permits. `attributes` of None stay unchanged. Nobody changes the own
    scopes. `reach`: the one organisation that the administrator reaches, who may change less.

    Raises NotFound and InvalidRegistration.
    """
    check_display_name(display_name)
    person = work.lock(Person, person_id)
    catalogue.scopes().check_person(scopes, person.of.kind)
    newer = person.attributes if attributes is None else dict(attributes)
    terms = {
        "display_name": display_name,
        "role": role,
        "scopes": list(scopes),
        "attributes": newer,
    }
    if person_id == work.actor.subject:
        require_own_scopes(scopes, person.scopes)
    if reach is not None:
        check_given_terms(
            scopes=scopes,
            had=person.scopes,
            held_by_organisation=_scopes_held_in(work.session, reach),
            attributes=newer,
            had_attributes=person.attributes,
        )
    outdated = {
        "scopes taken away": set(person.scopes) - set(scopes),
        "attributes changed": newer != person.attributes,
    }
    change_terms(work, person, terms)
    if reason := next((reason for reason, holds in outdated.items() if holds), None):
        void_tokens_of(work, person, reason)
    return person


def set_password(work: UnitOfWork, person_id: str, *, password: str) -> Person:
    """Sets the password and ends the person's sessions, because others may know the old password. Raises NotFound and
    InvalidRegistration."""
    person = work.lock(Person, person_id)
    check_password(password, person.username)
    person.password_hash = passwords.hash_password(password)
    forget_failures_with_codes(work.session, person_id)
    work.record_change(person, Action.SET_PASSWORD)
    work.session.flush()
    void_tokens_of(work, person, "password changed")
    return person
