"""`identity provision FILE.json`: brings the register to the state of a document, by the commands of the API.

A repetition changes nothing. Nothing is removed or suspended: rows that the document doesn't name stay as they are.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core import contracts
from chassis.core.actors import SystemActor
from chassis.core.refusals import Refusal
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process, pass_process
from identity import passwords
from identity.commands import clients, factors, grants, organisations, second_steps, signing_keys
from identity.domain.grants import Terms
from identity.domain.registration import normal_username
from identity.domain.second_factor import Policy, is_secret
from identity.models import Client, Organisation, Person
from identity.outside import national_login
from identity.settings import Settings

Entry = dict[str, Any]


# The actor of `provision` in the journal.
BY = SystemActor("provision", "provision")


class CannotProvision(click.ClickException):
    """The document is refused as a whole. The command line ends with the text and exit code 1."""


@click.command(
    "provision", help="Bring organisations, people, clients and grants to what FILE says."
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_process
def provision(process: Process[Any, Any], file: Path) -> None:
    """Prints only a JSON object {username: password} of the generated passwords."""
    try:
        document = json.loads(file.read_text("utf-8"))
    except ValueError as error:  # broken JSON, or no UTF-8
        raise CannotProvision(f"{file}: {error}") from None
    with process.transaction() as context:
        generated = apply(context.session, context.settings, document, context.now)
    click.echo(json.dumps(generated, ensure_ascii=False))


@click.command("national-login-key", help="Print the public key to register at the national login.")
@pass_process
def national_login_key(process: Process[Any, Any]) -> None:
    """Prints the key set (RFC 7517) with which this service authenticates at the national login."""
    key = national_login.key_of(process.settings.national_login_key)
    click.echo(json.dumps({"keys": [key.as_dict(private=False)]}))


@click.command(
    "enrolment-code", help="Print a new enrolment code for the second factor of USERNAME."
)
@click.argument("username")
@pass_process
def enrolment_code(process: Process[Any, Any], username: str) -> None:
    """Makes the code for a person whose organisation has no administrator of its own."""
    with process.transaction() as context, _as_usage_error():
        work = UnitOfWork.of(context, factors.OPERATOR)
        code, _ = factors.make_enrolment_code(work, _person_id(context.session, username))
    click.echo(code)


@click.command(
    "factor-reset",
    help="Request, confirm or withdraw the removal of all second factors of USERNAME.",
)
@click.argument("username")
@click.option(
    "--reason", help="Requests the removal, with this reason. Left out, a request is confirmed."
)
@click.option("--withdraw", metavar="REASON", help="Withdraws the request, with this reason.")
@pass_process
def factor_reset(
    process: Process[Any, Any], username: str, reason: str | None, withdraw: str | None
) -> None:
    """The operator is one of the two people of a reset; an administrator is the other one."""
    if reason is not None and withdraw is not None:
        raise click.UsageError("--reason requests and --withdraw withdraws: give one of them")
    with process.transaction() as context, _as_usage_error():
        work = UnitOfWork.of(context, factors.OPERATOR)
        person_id = _person_id(context.session, username)
        if withdraw is not None:
            factors.withdraw_reset(work, person_id, reason=withdraw)
        elif reason is not None:
            factors.request_reset(work, person_id, reason=reason)
        else:
            factors.confirm_reset(work, person_id)
    click.echo("withdrawn" if withdraw else "requested" if reason else "removed")


@contextmanager
def _as_usage_error() -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        raise click.ClickException(refusal.problem) from None


def _person_id(session: Session, username: str) -> str:
    statement = select(Person.person_id).where(Person.username == normal_username(username))
    person_id = session.scalar(statement)
    if person_id is None:
        raise click.ClickException(f"nobody is called {username}")
    return person_id


def apply(session: Session, settings: Settings, document: Entry, now: datetime) -> dict[str, str]:
    """Applies a document, and returns the generated passwords by username. Raises CannotProvision, which names every
    fault of the form, or the entry that a rule refuses."""
    _check_document(document)
    signing_keys.ensure_signing_keys(session, settings, now)
    signing_keys.replace_unreadable(session, settings, now)
    generated: dict[str, str] = {}
    for section, (_, _, bring) in SECTIONS.items():
        for place, entry in enumerate(document.get(section, [])):
            try:
                generated |= bring(UnitOfWork(session, BY, now), entry) or {}
            except Refusal as refusal:
                faults = [f"{fault.field}: {fault.code}" for fault in refusal.faults]
                why = "; ".join(faults) or str(refusal)
                raise CannotProvision(f"{_entry_name(section, place, entry)}: {why}") from None
    return generated


def _check_document(document: Any) -> None:
    """Checks the document by the schemas of the contract's requests. A person's password may be missing."""
    if not isinstance(document, dict):
        raise CannotProvision(f"the document is no object with the sections {', '.join(SECTIONS)}")
    faults = [
        f"{section}: no such section; there are {', '.join(SECTIONS)}"
        for section in document.keys() - SECTIONS.keys()
    ]
    for section in SECTIONS.keys() & document.keys():
        if not isinstance(document[section], list):
            faults.append(f"{section}: no list")
            continue
        for place, entry in enumerate(document[section]):
            found = _faults(section, entry)
            faults += [f"{_entry_name(section, place, entry)}: {fault}" for fault in found]
    if faults:
        raise CannotProvision("\n  ".join(["nothing was changed:", *sorted(faults)]))


def _faults(section: str, entry: Any) -> list[str]:
    from chassis.http.schemas import Schema

    components = contracts.openapi("identity")["components"]
    schema = {**components["schemas"][SECTIONS[section][0]]}
    schema["required"] = [name for name in schema["required"] if name != "password"]
    if isinstance(entry, dict) and isinstance(entry.get("username"), str):
        entry = {**entry, "username": normal_username(entry["username"])}
        secret = entry.pop("totp_secret", None)  # never by the API: there a person enrols
        if secret is not None and not is_secret(secret):
            return ["totp_secret: not a key in base32"]
    form = Schema({**schema, "components": components})
    found = [f"{fault.field}: {fault.code}" for fault in form.faults(entry)]
    return found or [f"fields: {name} isn't known" for name in _unknown_fields(section, entry)]


def _unknown_fields(section: str, entry: Entry) -> list[str]:
    """Returns the fields of a grant that no answer of its audience has."""
    if section != "grants":
        return []
    try:
        schemas = contracts.openapi(entry["audience"])["components"]["schemas"].values()
    except contracts.ContractError:
        return []  # no such service: the grant's own rules refuse it
    known = {name for schema in schemas for name in schema.get("properties", {})}
    return [name for name in entry["fields"] if name not in known]


def _entry_name(section: str, place: int, entry: Any) -> str:
    names = SECTIONS[section][1]
    values = [entry.get(name) for name in names] if isinstance(entry, dict) else []
    text = " ".join(value for value in values if isinstance(value, str))
    return f"{section}[{place}] {text}".rstrip()


def _bring_organisation(work: UnitOfWork, entry: Entry) -> None:
    row = work.session.get(Organisation, entry["code"])
    if row is None:
        organisations.create_organisation(
            work,
            code=entry["code"],
            kind=entry["kind"],
            name=entry["name"],
            municipality=entry.get("municipality"),
            second_factor=entry.get("second_factor", Policy.DEMANDED),
        )
        return
    if {"ar": row.name_ar, "en": row.name_en} != entry["name"]:
        organisations.rename_organisation(work, row.code, name=entry["name"])
    if entry.get("second_factor", row.second_factor) != row.second_factor:
        factors.set_policy(work, row.code, policy=entry["second_factor"], reason="provision")


def _bring_person(work: UnitOfWork, entry: Entry) -> dict[str, str]:
    generated = _bring_terms(work, entry)
    if secret := entry.get("totp_secret"):
        _bring_factor(work, entry["username"], secret)
    return generated


def _bring_factor(work: UnitOfWork, username: str, secret: str) -> None:
    """Enrols a key for codes by time: in a trial system, in which programs sign in. A person who has a factor keeps
    it."""
    person = work.lock(Person, _person_id(work.session, username))
    if not second_steps.factors_of(work.session, person.person_id):
        second_steps.add_one_time_code(work, person, secret)


def _bring_terms(work: UnitOfWork, entry: Entry) -> dict[str, str]:
    username = normal_username(entry["username"])
    row = work.session.scalar(select(Person).where(Person.username == username))
    terms = {name: entry[name] for name in ("display_name", "role", "scopes")}
    terms["attributes"] = entry.get("attributes", {})
    if row is not None:
        if any(getattr(row, name) != value for name, value in terms.items()):
            organisations.amend_person(work, row.person_id, **terms)
        given = entry.get("password")
        if given and not passwords.is_right(given, row.password_hash):
            organisations.set_password(work, row.person_id, password=given)
        return {}
    password = entry.get("password") or secrets.token_urlsafe(12)
    organisations.create_person(
        work, username=username, organisation=entry["organisation"], password=password, **terms
    )
    return {} if entry.get("password") else {username: password}


def _bring_client(work: UnitOfWork, entry: Entry) -> None:
    terms = {
        "name": entry["name"],
        "redirect_uris": entry.get("redirect_uris", []),
        "scopes": entry["scopes"],
        "introspects": entry.get("introspects", []),
        "dpop_bound": entry.get("dpop_bound", False),
        "exchange_audiences": entry.get("exchange_audiences", []),
        "attributes": entry.get("attributes", {}),
    }
    client_id = entry["client_id"]
    row = work.session.get(Client, client_id)
    if row is None:
        clients.register_client(
            work,
            client_id=client_id,
            kind=entry["kind"],
            organisation=entry["organisation"],
            jwks=entry["jwks"],
            **terms,
        )
        return
    names = (
        *("redirect_uris", "scopes", "introspects", "dpop_bound", "exchange_audiences"),
        "attributes",
    )
    present = {
        "name": {"ar": row.name_ar, "en": row.name_en},
        **{name: getattr(row, name) for name in names},
    }
    if present != terms:
        clients.amend_client(work, client_id, **terms)
    if row.jwks != entry["jwks"]:
        clients.replace_client_keys(work, client_id, jwks=entry["jwks"])


def _bring_grant(work: UnitOfWork, entry: Entry) -> None:
    terms = Terms.read(entry)
    row = grants.find_active_grant(work.session, entry["organisation"], entry["audience"])
    if row is None:
        grants.create_grant(
            work, organisation=entry["organisation"], audience=entry["audience"], terms=terms
        )
    elif any(getattr(row, name) != value for name, value in vars(terms).items()):
        grants.amend_grant(work, row.grant_id, terms=terms)


# Section → schema of the contract, the fields that name an entry in an error, the function that registers it.
SECTIONS: dict[str, tuple[str, tuple[str, ...], Callable[..., dict[str, str] | None]]] = {
    "organisations": ("NewOrganisation", ("code",), _bring_organisation),
    "people": ("NewPerson", ("username",), _bring_person),
    "clients": ("NewClient", ("client_id",), _bring_client),
    "grants": ("NewGrant", ("organisation", "audience"), _bring_grant),
}
