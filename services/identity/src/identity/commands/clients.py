"""Registers clients and their public keys, and suspends them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey, import_key
from sqlalchemy.orm import Session

from identity import catalogue
from identity.commands.revocations import revoke
from identity.commands.status import ACTIVE, SUSPENDED, change_status, locked, touch
from identity.domain.errors import AlreadyThere, RuleBroken
from identity.domain.registration import check_jwks, check_redirect_uris
from identity.domain.tokens import RevocationKind
from identity.models import Client, Organisation

# A larger key, or another exponent, buys no safety and makes us compute longer for whoever sends an assertion.
_LEAST_RSA_BITS, _MOST_RSA_BITS = 2_048, 4_096
_RSA_EXPONENT = 65_537


def register_client(
    session: Session,
    *,
    client_id: str,
    kind: str,
    organisation: str,
    name: Mapping[str, str],
    jwks: Mapping[str, Any],
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    introspects: Sequence[str],
    dpop_bound: bool = False,
    by: str,
    now: datetime,
) -> Client:
    """Raises AlreadyThere and RuleBroken. `jwks` holds public keys only, by value."""
    if session.get(Client, client_id):
        raise AlreadyThere("client-exists", client_id=client_id)
    of = session.get(Organisation, organisation)
    if of is None:
        raise RuleBroken("organisation", "organisation-unknown")
    client = Client(
        client_id=client_id,
        kind=kind,
        organisation=organisation,
        of=of,
        name_ar=name["ar"],
        name_en=name["en"],
        jwks=_usable(jwks),
        dpop_bound=dpop_bound,
        status=ACTIVE,
        version=1,
        created_at=now,
        changed_at=now,
        changed_by=by,
    )
    _set_terms(client, of.kind, redirect_uris, scopes, introspects)
    session.add(client)
    session.flush()
    return client


def amend_client(
    session: Session,
    client_id: str,
    *,
    name: Mapping[str, str],
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    introspects: Sequence[str],
    dpop_bound: bool | None = None,
    by: str,
    now: datetime,
) -> Client:
    """A scope taken away voids the tokens that may still carry it, and so does binding a client that wasn't bound.

    `dpop_bound` of None leaves that as it is. Raises NotThere and RuleBroken.
    """
    client = locked(session, Client, client_id)
    taken_away = set(client.scopes) - set(scopes)
    newly_bound = dpop_bound is True and not client.dpop_bound
    client.dpop_bound = client.dpop_bound if dpop_bound is None else dpop_bound
    _set_terms(client, client.of.kind, redirect_uris, scopes, introspects)
    client.name_ar, client.name_en = name["ar"], name["en"]
    touch(client, by, now)
    session.flush()
    if taken_away:
        _revoke(session, client, "scopes taken away", by, now)
    elif newly_bound:
        _revoke(session, client, "tokens have to be bound to a key", by, now)
    return client


def _set_terms(
    client: Client,
    organisation_kind: str,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    introspects: Sequence[str],
) -> None:
    check_redirect_uris(client.kind, redirect_uris)
    catalogue.scopes().check_client(scopes, client.kind, organisation_kind)
    if set(introspects) - catalogue.scopes().audiences:
        raise RuleBroken("introspects", "audience-unknown")
    client.redirect_uris = list(redirect_uris)
    client.scopes, client.introspects = list(scopes), list(introspects)


def replace_client_keys(
    session: Session, client_id: str, *, jwks: Mapping[str, Any], by: str, now: datetime
) -> Client:
    """The keys of `jwks` are the only ones from now on. Raises NotThere and RuleBroken."""
    client = locked(session, Client, client_id)
    client.jwks = _usable(jwks)
    touch(client, by, now)
    session.flush()
    return client


def suspend_client(
    session: Session, client_id: str, *, reason: str, by: str, now: datetime
) -> Client:
    """Voids the client's tokens. Raises NotThere and WrongStatus."""
    client = locked(session, Client, client_id)
    change_status(client, SUSPENDED, by, now)
    session.flush()
    _revoke(session, client, reason, by, now)
    return client


def reinstate_client(session: Session, client_id: str, *, by: str, now: datetime) -> Client:
    """Raises NotThere and WrongStatus."""
    client = locked(session, Client, client_id)
    change_status(client, ACTIVE, by, now)
    session.flush()
    return client


def _usable(jwks: Mapping[str, Any]) -> dict[str, Any]:
    """The key set after the library has made keys of it. Raises RuleBroken."""
    check_jwks(jwks)
    for index, member in enumerate(jwks["keys"]):
        try:
            key = import_key(member)
            usable = not isinstance(key, RSAKey) or _is_usable(key)
        except (JoseError, ValueError, TypeError, KeyError):
            usable = False
        if not usable:
            raise RuleBroken(f"jwks.keys.{index}", "jwk-invalid")
    return {"keys": [dict(member) for member in jwks["keys"]]}


def _is_usable(key: RSAKey) -> bool:
    numbers = key.public_key.public_numbers()
    return (
        _LEAST_RSA_BITS <= numbers.n.bit_length() <= _MOST_RSA_BITS and numbers.e == _RSA_EXPONENT
    )


def _revoke(session: Session, client: Client, reason: str, by: str, now: datetime) -> None:
    revoke(session, RevocationKind.CLIENT, client.client_id, reason=reason, recorded_by=by, now=now)
