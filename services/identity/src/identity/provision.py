"""`identity provision FILE.json`: brings the register to what a document says, through the same commands as the API.

Running it again changes nothing that is already so. Nothing is removed or suspended: what the document doesn't name is
left alone.
"""

import json
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.db import Database
from identity import passwords
from identity.commands import clients, grants, organisations, people, signing_keys
from identity.domain.grants import Terms
from identity.domain.registration import normal_username
from identity.models import Client, Organisation, Person
from identity.settings import Settings

BY = "provision"
Entry = dict[str, Any]


@click.command(
    "provision", help="Bring organisations, people, clients and grants to what FILE says."
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def provision(file: Path) -> None:
    """Prints a JSON object {username: password} of the passwords that it made up, and nothing else."""
    settings = Settings.load("identity")
    document = json.loads(file.read_text("utf-8"))
    database = Database(settings.database_url)
    with database.transaction() as session:
        made_up = apply(session, settings, document, datetime.now(UTC))
    database.dispose()
    click.echo(json.dumps(made_up, ensure_ascii=False))


def apply(session: Session, settings: Settings, document: Entry, now: datetime) -> dict[str, str]:
    """Applies a document; answers the passwords that were made up, by username."""
    signing_keys.ensure_signing_keys(session, settings, now)
    signing_keys.replace_unreadable(session, settings, now)
    for entry in document.get("organisations", []):
        _organisation(session, entry, now)
    made_up: dict[str, str] = {}
    for entry in document.get("people", []):
        made_up |= _person(session, entry, now)
    for entry in document.get("clients", []):
        _client(session, entry, now)
    for entry in document.get("grants", []):
        _grant(session, entry, now)
    return made_up


def _organisation(session: Session, entry: Entry, now: datetime) -> None:
    row = session.get(Organisation, entry["code"])
    if row is None:
        organisations.create_organisation(
            session,
            code=entry["code"],
            kind=entry["kind"],
            name=entry["name"],
            municipality=entry.get("municipality"),
            by=BY,
            now=now,
        )
    elif {"ar": row.name_ar, "en": row.name_en} != entry["name"]:
        organisations.rename_organisation(session, row.code, name=entry["name"], by=BY, now=now)


def _person(session: Session, entry: Entry, now: datetime) -> dict[str, str]:
    username = normal_username(entry["username"])
    row = session.scalar(select(Person).where(Person.username == username))
    terms = {name: entry[name] for name in ("display_name", "role", "scopes")}
    if row is not None:
        if any(getattr(row, name) != value for name, value in terms.items()):
            people.amend_person(session, row.person_id, **terms, by=BY, now=now)
        given = entry.get("password")
        if given and not passwords.is_right(given, row.password_hash):
            people.set_password(session, row.person_id, password=given, by=BY, now=now)
        return {}
    password = entry.get("password") or secrets.token_urlsafe(12)
    people.create_person(
        session,
        username=username,
        organisation=entry["organisation"],
        password=password,
        **terms,
        by=BY,
        now=now,
    )
    return {} if entry.get("password") else {username: password}


def _client(session: Session, entry: Entry, now: datetime) -> None:
    terms = {
        "name": entry["name"],
        "redirect_uris": entry.get("redirect_uris", []),
        "scopes": entry["scopes"],
        "introspects": entry.get("introspects", []),
        "dpop_bound": entry.get("dpop_bound", False),
    }
    client_id = entry["client_id"]
    row = session.get(Client, client_id)
    if row is None:
        clients.register_client(
            session,
            client_id=client_id,
            kind=entry["kind"],
            organisation=entry["organisation"],
            jwks=entry["jwks"],
            **terms,
            by=BY,
            now=now,
        )
        return
    names = ("redirect_uris", "scopes", "introspects", "dpop_bound")
    present = {
        "name": {"ar": row.name_ar, "en": row.name_en},
        **{name: getattr(row, name) for name in names},
    }
    if present != terms:
        clients.amend_client(session, client_id, **terms, by=BY, now=now)
    if row.jwks != entry["jwks"]:
        clients.replace_client_keys(session, client_id, jwks=entry["jwks"], by=BY, now=now)


def _grant(session: Session, entry: Entry, now: datetime) -> None:
    terms = Terms.read(entry)
    row = grants.active_grant(session, entry["organisation"], entry["audience"])
    if row is None:
        grants.create_grant(
            session,
            organisation=entry["organisation"],
            audience=entry["audience"],
            terms=terms,
            by=BY,
            now=now,
        )
    elif any(getattr(row, name) != value for name, value in vars(terms).items()):
        grants.amend_grant(session, row.grant_id, terms=terms, by=BY, now=now)
