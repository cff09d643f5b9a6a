"""Reads: clients and keys for the OAuth endpoints, pages of the register for its administrators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import Select, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.core.refusals import NotFound
from chassis.data import aggregates
from chassis.data.aggregates import Aggregate, JournalEntry
from chassis.data.paging import Page, PageRequest, keyset
from identity.domain.signing_keys import ALGORITHM, KeyStatus
from identity.domain.tokens import TYPE
from identity.models import (
    Base,
    Citizen,
    Client,
    Delegation,
    Grant,
    Organisation,
    Person,
    Revocation,
    SigningKey,
)
from identity.void_tokens import is_void

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
    attributes: dict[str, str]
    of: ActiveOrganisation


_ACTIVE_CLIENT = text(
    """SELECT c.client_id, c.kind, c.organisation, c.name_ar, c.name_en, c.jwks, c.redirect_uris, c.scopes,
        c.introspects, c.dpop_bound, c.attributes, o.kind AS of_kind, o.municipality, o.name_ar AS of_name_ar,
        o.name_en AS of_name_en
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
    """Raises NotFound."""
    return _require_row(session.get(Organisation, code))


def person(session: Session, person_id: str) -> Person:
    """Raises NotFound."""
    return _require_row(session.get(Person, person_id))


def client(session: Session, client_id: str) -> Client:
    """Raises NotFound."""
    return _require_row(session.get(Client, client_id))


def grant(session: Session, grant_id: str) -> Grant:
    """Raises NotFound."""
    return _require_row(session.get(Grant, grant_id))


def citizen(session: Session, citizen_id: str) -> Citizen:
    """Raises NotFound."""
    return _require_row(session.get(Citizen, citizen_id))


def delegation(session: Session, delegation_id: str) -> Delegation:
    """Raises NotFound."""
    return _require_row(session.get(Delegation, delegation_id))


def delegations(session: Session, unified_number: str, page: PageRequest) -> Page[Delegation]:
    """A page of those of an establishment, newest first."""
    statement = select(Delegation).where(Delegation.unified_number == unified_number)
    key = [Delegation.delegation_id]
    search = ["delegations", unified_number]
    return keyset(session, statement, key, page, search=search, newest_first=True)


def own_delegations(session: Session, citizen_id: str, page: PageRequest) -> Page[Delegation]:
    """A page of those that a citizen has or made, newest first."""
    statement = select(Delegation).where(
        or_(Delegation.citizen_id == citizen_id, Delegation.made_by == citizen_id)
    )
    key = [Delegation.delegation_id]
    return keyset(session, statement, key, page, search="own delegations", newest_first=True)


def _require_row(row: Row | None) -> Row:
    if row is None:
        raise NotFound
    return row


def history(session: Session, row: Aggregate) -> Sequence[JournalEntry]:
    """The journal of an organisation, a person, a client or a grant, oldest first."""
    return aggregates.history(session, (row.aggregate_type, row.aggregate_id))


def organisations(session: Session, page: PageRequest) -> Page[Organisation]:
    """A page by code."""
    return keyset(session, select(Organisation), [Organisation.code], page, search="organisations")


def people(session: Session, of: str | None, page: PageRequest) -> Page[Person]:
    """A page by username; `of` is an organisation's code."""
    statement = _of(select(Person), Person.organisation, of)
    return keyset(session, statement, [Person.username], page, search=["people", of])


def clients(session: Session, of: str | None, page: PageRequest) -> Page[Client]:
    """A page by client id."""
    statement = _of(select(Client), Client.organisation, of)
    return keyset(session, statement, [Client.client_id], page, search=["clients", of])


def grants(session: Session, of: str | None, page: PageRequest) -> Page[Grant]:
    """A page in the order of creation, which is that of the ids."""
    statement = _of(select(Grant), Grant.organisation, of)
    return keyset(session, statement, [Grant.grant_id], page, search=["grants", of])


def revocations(session: Session, page: PageRequest) -> Page[Revocation]:
    """A page, newest first."""
    key = [Revocation.revocation_id]
    statement = select(Revocation)
    return keyset(session, statement, key, page, search="revocations", newest_first=True)


def signing_keys(session: Session) -> Sequence[SigningKey]:
    """Every key, newest first."""
    order = (SigningKey.created_at.desc(), SigningKey.kid)
    return session.scalars(select(SigningKey).order_by(*order)).all()


def _of(statement: Select[Row], column: InstrumentedAttribute[str], of: str | None) -> Select[Row]:
    return statement if of is None else statement.where(column == of)
