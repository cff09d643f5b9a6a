"""Reads: clients and keys for the OAuth endpoints, pages of the register for its administrators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import Select, exists, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.core.refusals import NotFound
from chassis.data import aggregates
from chassis.data.aggregates import Aggregate, JournalEntry
from chassis.data.paging import Page, PageRequest, keyset
from identity.domain.scopes import ClientKind
from identity.domain.tokens import ALGORITHM, EXCHANGED, TYPE, KeyStatus, Subject
from identity.models import (
    Base,
    Citizen,
    Client,
    Delegation,
    Factor,
    Grant,
    Organisation,
    Person,
    Revocation,
    SigningKey,
    SignInSession,
)
from identity.void_tokens import is_void

Row = TypeVar("Row", bound=Base)

_MAX_TOKEN_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class ActiveOrganisation:
    """The part of a client's organisation that the OAuth endpoints need."""

    kind: str
    municipality: str | None
    name_ar: str
    name_en: str


@dataclass(frozen=True, slots=True)
class ActiveClient:
    """A client that may act. The OAuth endpoints read the client at every request without the ORM, because the ORM
    costs more than the signature of a token."""

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
    exchange_audiences: list[str]
    attributes: dict[str, str]
    of: ActiveOrganisation


_ACTIVE_CLIENT = text(
    """SELECT c.client_id, c.kind, c.organisation, c.name_ar, c.name_en, c.jwks, c.redirect_uris, c.scopes,
        c.introspects, c.dpop_bound, c.exchange_audiences, c.attributes, o.kind AS of_kind, o.municipality,
        o.name_ar AS of_name_ar, o.name_en AS of_name_en
    FROM client c JOIN organisation o ON o.code = c.organisation
    WHERE c.client_id = :client_id AND c.status = 'active' AND o.status = 'active' FOR SHARE"""
)


def named_person(session: Session, subject: Subject) -> dict[str, Any] | None:
    """Returns whom a page shows as signed in: an employee's name with the organisation, and the scopes for which the
    employee may sign in at the client. Returns None for a citizen."""
    if subject.organisation is None or subject.person_id is None:
        return None
    organisation = session.get_one(Organisation, subject.organisation)
    names = {"ar": organisation.name_ar, "en": organisation.name_en}
    held = session.get_one(Person, subject.person_id).scopes
    taken = session.get_one(Client, subject.client_id).scopes
    scopes = sorted(set(held).intersection(taken))
    return {"name": subject.name, "organisation": names, "scopes": scopes}


def named_citizen(session: Session, subject: Subject) -> dict[str, Any] | None:
    """Returns the citizen whom a page shows as signed in. Returns None for anybody else."""
    if subject.client_kind != ClientKind.CITIZEN or subject.person_id is None:
        return None
    return {"name": session.get_one(Citizen, subject.person_id).display_name}


def find_active_client(session: Session, client_id: str | None) -> ActiveClient | None:
    """Returns a client that may act. Share-locks client and organisation, so that neither is suspended before this
    transaction ends. Returns None for a client that may not act."""
    if not client_id or "\x00" in client_id:
        return None
    row = session.execute(_ACTIVE_CLIENT, {"client_id": client_id}).one_or_none()
    if row is None:
        return None
    of = ActiveOrganisation(row.of_kind, row.municipality, row.of_name_ar, row.of_name_en)
    columns = {name: getattr(row, name) for name in ActiveClient.__slots__ if name != "of"}
    return ActiveClient(**columns, of=of)


def read_public_jwks(session: Session, now: datetime) -> dict[str, Any]:
    """Returns the published key set: the next key, the active key, and retired keys until their time."""
    statement = (
        select(SigningKey.public_jwk)
        .where(or_(SigningKey.status != KeyStatus.RETIRED, SigningKey.published_until > now))
        .order_by(SigningKey.created_at.desc(), SigningKey.kid)
    )
    return {"keys": list(session.scalars(statement))}


def read_valid_claims(
    session: Session, token: str, issuer: str, now: datetime
) -> dict[str, Any] | None:
    """Returns the claims of a current access token of this issuer that isn't void; None for any other text."""
    claims = read_signed_claims(session, token, issuer, now)
    if claims is None or float(claims["exp"]) <= now.timestamp() or is_void(session, claims):
        return None
    return claims


def read_revocable_claims(
    session: Session, token: str, issuer: str, now: datetime
) -> dict[str, Any] | None:
    """Returns the claims of a token that still opens something: of a current token, and of the expired token of a
    sign-in while its session goes on, because such a token may be exchanged. None for any other text."""
    claims = read_signed_claims(session, token, issuer, now)
    if claims is None or is_void(session, claims):
        return None
    if float(claims["exp"]) > now.timestamp():
        return claims
    is_of_sign_in = "sid" in claims and EXCHANGED not in claims
    return claims if is_of_sign_in and _is_session_open(session, claims["sid"], now) else None


def _is_session_open(session: Session, sid: str, now: datetime) -> bool:
    statement = select(SignInSession.sid).where(
        SignInSession.sid == sid,
        SignInSession.ended_at.is_(None),
        SignInSession.expires_at > now,
    )
    return session.scalar(statement) is not None


def read_signed_claims(
    session: Session, token: str, issuer: str, now: datetime
) -> dict[str, Any] | None:
    """Returns the claims of an access token that a published key of this issuer signed, also if the token has expired
    or is void; None for any other text."""
    if len(token) > _MAX_TOKEN_BYTES or not token.isascii():
        return None
    try:
        keys = KeySet([RSAKey.import_key(key) for key in read_public_jwks(session, now)["keys"]])
        parsed = jwt.decode(token, keys, algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None
    claims = parsed.claims
    if parsed.header.get("typ") != TYPE or claims.get("iss") != issuer:
        return None
    return claims


def get_organisation(session: Session, code: str) -> Organisation:
    """Returns the row. Raises NotFound."""
    return _require_row(session.get(Organisation, code))


def get_person(session: Session, person_id: str) -> Person:
    """Returns the row. Raises NotFound."""
    return _require_row(session.get(Person, person_id))


def get_client(session: Session, client_id: str) -> Client:
    """Returns the row. Raises NotFound."""
    return _require_row(session.get(Client, client_id))


def get_grant(session: Session, grant_id: str) -> Grant:
    """Returns the row. Raises NotFound."""
    return _require_row(session.get(Grant, grant_id))


def get_citizen(session: Session, citizen_id: str) -> Citizen:
    """Returns the row. Raises NotFound."""
    return _require_row(session.get(Citizen, citizen_id))


def get_delegation(session: Session, delegation_id: str) -> Delegation:
    """Returns the row. Raises NotFound."""
    return _require_row(session.get(Delegation, delegation_id))


def list_delegations(session: Session, unified_number: str, page: PageRequest) -> Page[Delegation]:
    """Returns a page of an establishment's delegations, newest first."""
    statement = select(Delegation).where(Delegation.unified_number == unified_number)
    key = [Delegation.delegation_id]
    search = ["delegations", unified_number]
    return keyset(session, statement, key, page, search=search, newest_first=True)


def list_own_delegations(session: Session, citizen_id: str, page: PageRequest) -> Page[Delegation]:
    """Returns a page of the delegations that a citizen has or made, newest first."""
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
    """Returns the journal of a row of the register, oldest first."""
    return aggregates.history(session, (row.aggregate_type, row.aggregate_id))


def list_organisations(session: Session, of: str | None, page: PageRequest) -> Page[Organisation]:
    """Returns a page by code. `of`: the one organisation that is listed."""
    statement = _of(select(Organisation), Organisation.code, of)
    search = ["organisations", of]
    return keyset(session, statement, [Organisation.code], page, search=search)


def list_people(
    session: Session, of: str | None, page: PageRequest, *, has_factor: bool | None = None
) -> Page[Person]:
    """Returns a page by username. `of`: an organisation's code. `has_factor`: only people with a second factor, or only
    people without one."""
    statement = _of(select(Person), Person.organisation, of)
    if has_factor is not None:
        found = exists().where(Factor.person_id == Person.person_id)
        statement = statement.where(found if has_factor else ~found)
    search = ["people", of, has_factor]
    return keyset(session, statement, [Person.username], page, search=search)


def list_clients(session: Session, of: str | None, page: PageRequest) -> Page[Client]:
    """Returns a page by client id."""
    statement = _of(select(Client), Client.organisation, of)
    return keyset(session, statement, [Client.client_id], page, search=["clients", of])


def list_grants(session: Session, of: str | None, page: PageRequest) -> Page[Grant]:
    """Returns a page in the order of creation, which is the order of the ids."""
    statement = _of(select(Grant), Grant.organisation, of)
    return keyset(session, statement, [Grant.grant_id], page, search=["grants", of])


def list_revocations(session: Session, page: PageRequest) -> Page[Revocation]:
    """Returns a page, newest first."""
    key = [Revocation.revocation_id]
    statement = select(Revocation)
    return keyset(session, statement, key, page, search="revocations", newest_first=True)


def list_signing_keys(session: Session) -> Sequence[SigningKey]:
    """Returns every key, newest first."""
    order = (SigningKey.created_at.desc(), SigningKey.kid)
    return session.scalars(select(SigningKey).order_by(*order)).all()


def _of(statement: Select[Row], column: InstrumentedAttribute[str], of: str | None) -> Select[Row]:
    return statement if of is None else statement.where(column == of)
