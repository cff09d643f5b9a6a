"""Reads: clients and keys for the OAuth endpoints, pages of the register for its administrators."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.problems import FieldError, Problem
from identity.domain.errors import NotThere
from identity.domain.signing_keys import ALGORITHM, KeyStatus
from identity.domain.tokens import TYPE
from identity.models import (
    Base,
    Client,
    Grant,
    Organisation,
    Person,
    Revocation,
    SigningKey,
)
from identity.voids import is_void

Row = TypeVar("Row", bound=Base)

_MAX_TOKEN_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class ActiveOrganisation:
    """What the OAuth endpoints need of a client's organisation."""

    kind: str
    municipality: str | None
    name_ar: str
    name_en: str


@dataclass(frozen=True, slots=True)
class ActiveClient:
    """A client that may act, as the OAuth endpoints need it at every request: read without the ORM, which costs more
    than the signature of a token."""

    client_id: str
    kind: str
    organisation: str
    name_ar: str
    name_en: str
    jwks: dict[str, Any]
    redirect_uris: list[str]
    scopes: list[str]
    introspects: list[str]
    dpop_bound: bool
    of: ActiveOrganisation


_ACTIVE_CLIENT = text(
    """SELECT c.client_id, c.kind, c.organisation, c.name_ar, c.name_en, c.jwks, c.redirect_uris, c.scopes,
        c.introspects, c.dpop_bound, o.kind AS of_kind, o.municipality, o.name_ar AS of_name_ar, o.name_en AS of_name_en
    FROM client c JOIN organisation o ON o.code = c.organisation
    WHERE c.client_id = :client_id AND c.status = 'active' AND o.status = 'active' FOR SHARE"""
)


def active_client(session: Session, client_id: str | None) -> ActiveClient | None:
    """A client that may act: neither it nor its organisation is suspended, nor will be before this transaction ends."""
    if not client_id or "\x00" in client_id:
        return None
    row = session.execute(_ACTIVE_CLIENT, {"client_id": client_id}).one_or_none()
    if row is None:
        return None
    of = ActiveOrganisation(row.of_kind, row.municipality, row.of_name_ar, row.of_name_en)
    own = {name: getattr(row, name) for name in ActiveClient.__slots__ if name != "of"}
    return ActiveClient(**own, of=of)


def public_jwks(session: Session, now: datetime) -> dict[str, Any]:
    """The published key set: next, active, and retired ones until their time."""
    statement = (
        select(SigningKey.public_jwk)
        .where(or_(SigningKey.status != KeyStatus.RETIRED, SigningKey.published_until > now))
        .order_by(SigningKey.created_at.desc(), SigningKey.kid)
    )
    return {"keys": list(session.scalars(statement))}


def valid_claims(session: Session, token: str, issuer: str, now: datetime) -> dict[str, Any] | None:
    """The claims of one of our own access tokens that is current and not void; None for anything else."""
    if len(token) > _MAX_TOKEN_BYTES or not token.isascii():
        return None
    try:
        keys = KeySet([RSAKey.import_key(key) for key in public_jwks(session, now)["keys"]])
        parsed = jwt.decode(token, keys, algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None
    claims = parsed.claims
    if parsed.header.get("typ") != TYPE or claims.get("iss") != issuer:
        return None
    if float(claims["exp"]) <= now.timestamp() or is_void(session, claims):
        return None
    return claims


def organisation(session: Session, code: str) -> Organisation:
    """Raises NotThere."""
    return _found(session.get(Organisation, code))


def person(session: Session, person_id: str) -> Person:
    """Raises NotThere."""
    return _found(session.get(Person, person_id))


def client(session: Session, client_id: str) -> Client:
    """Raises NotThere."""
    return _found(session.get(Client, client_id))


def grant(session: Session, grant_id: str) -> Grant:
    """Raises NotThere."""
    return _found(session.get(Grant, grant_id))


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotThere
    return row


def organisations(
    session: Session, limit: int, cursor: str | None
) -> tuple[Sequence[Organisation], str | None]:
    """A page by code, and the cursor of the next one."""
    return _page(session, Organisation, Organisation.code, limit, cursor)


def people(
    session: Session, of: str | None, limit: int, cursor: str | None
) -> tuple[Sequence[Person], str | None]:
    """A page by username; `of` is an organisation's code."""
    return _page(session, Person, Person.username, limit, cursor, of=of)


def clients(
    session: Session, of: str | None, limit: int, cursor: str | None
) -> tuple[Sequence[Client], str | None]:
    """A page by client id."""
    return _page(session, Client, Client.client_id, limit, cursor, of=of)


def grants(
    session: Session, of: str | None, limit: int, cursor: str | None
) -> tuple[Sequence[Grant], str | None]:
    """A page in the order of creation, which is that of the ids."""
    return _page(session, Grant, Grant.grant_id, limit, cursor, of=of)


def revocations(
    session: Session, limit: int, cursor: str | None
) -> tuple[Sequence[Revocation], str | None]:
    """A page, newest first."""
    return _page(session, Revocation, Revocation.revocation_id, limit, cursor, newest_first=True)


def signing_keys(session: Session) -> Sequence[SigningKey]:
    """Every key, newest first."""
    order = (SigningKey.created_at.desc(), SigningKey.kid)
    return session.scalars(select(SigningKey).order_by(*order)).all()


def _page(
    session: Session,
    model: type[Row],
    key: InstrumentedAttribute[str],
    limit: int,
    cursor: str | None,
    *,
    of: str | None = None,
    newest_first: bool = False,
) -> tuple[Sequence[Row], str | None]:
    statement = select(model).order_by(key.desc() if newest_first else key).limit(limit + 1)
    if of is not None:
        statement = statement.where(model.__table__.c.organisation == of)
    if cursor is not None:
        last = _read_cursor(cursor)
        statement = statement.where(key < last if newest_first else key > last)
    rows = session.scalars(statement).all()
    if len(rows) <= limit:
        return rows, None
    last = getattr(rows[limit - 1], key.key)
    return rows[:limit], urlsafe_b64encode(last.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> str:
    # Not signed: who may list a register may start anywhere in it.
    try:
        last = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        if "\x00" in last:
            raise ValueError(cursor)
    except (ValueError, binascii.Error):
        raise Problem("invalid-request", errors=[FieldError("cursor", "format")]) from None
    return last
