"""Clients and their public keys: registered and changed. A client's assertion counts once over all workers."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey, import_key
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core.refusals import Findings
from chassis.data.unit_of_work import UnitOfWork
from identity import catalogue
from identity.commands.changes import ACTIVE, change_terms, void_tokens_of
from identity.domain.assertions import Assertion
from identity.domain.errors import ClientExists, InvalidRegistration
from identity.domain.registration import (
    Action,
    check_attributes,
    check_citizens_client,
    check_jwks,
    check_redirect_uris,
)
from identity.domain.token_exchange import check_exchange_audiences
from identity.models import Client, Organisation
from identity.sealing import fingerprint

# A larger key, or another exponent, adds no safety and makes every assertion dearer to verify.
_LEAST_RSA_BITS, _MOST_RSA_BITS = 2_048, 4_096
_RSA_EXPONENT = 65_537


def register_client(
    work: UnitOfWork,
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
    exchange_audiences: Sequence[str] = (),
    attributes: Mapping[str, str] | None = None,
) -> Client:
    """Registers a client. `jwks` holds public keys by value. Raises ClientExists and InvalidRegistration."""
    if work.session.get(Client, client_id):
        raise ClientExists(client_id=client_id)
    of = _get_organisation(work.session, organisation)
    findings = Findings(InvalidRegistration)
    with findings.gather():
        jwks = _check_keys(jwks)
    with findings.gather():
        _check_terms(kind, of.kind, redirect_uris, scopes, introspects)
    with findings.gather():
        _check_exchange_audiences(kind, of.kind, exchange_audiences)
    with findings.gather():
        check_attributes(kind, attributes or {})
    with findings.gather():
        check_citizens_client(kind, of.kind)
    findings.settle()
    client = Client(
        client_id=client_id,
        kind=kind,
        organisation=organisation,
        of=of,
        name_ar=name["ar"],
        name_en=name["en"],
        jwks=jwks,
        redirect_uris=list(redirect_uris),
        scopes=list(scopes),
        introspects=list(introspects),
        dpop_bound=dpop_bound,
        exchange_audiences=list(exchange_audiences),
        attributes=dict(attributes or {}),
        status=ACTIVE,
    )
    work.record_change(client, Action.REGISTER)
    work.session.add(client)
    work.session.flush()
    return client


def amend_client(
    work: UnitOfWork,
    client_id: str,
    *,
    name: Mapping[str, str],
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    introspects: Sequence[str],
    dpop_bound: bool | None = None,
    exchange_audiences: Sequence[str] | None = None,
    attributes: Mapping[str, str] | None = None,
) -> Client:
    """Changes the terms of a client. Removing a scope or an exchange audience, changing the attributes, or requiring
    bound tokens voids the tokens with the old terms.

    `dpop_bound`, `exchange_audiences` and `attributes` of None stay unchanged. Raises NotFound and InvalidRegistration.
    """
    client = work.lock(Client, client_id)
    _check_terms(client.kind, client.of.kind, redirect_uris, scopes, introspects)
    _check_exchange_audiences(client.kind, client.of.kind, exchange_audiences or ())
    check_attributes(client.kind, attributes or {})
    audiences = (
        client.exchange_audiences if exchange_audiences is None else list(exchange_audiences)
    )
    terms = {
        "name_ar": name["ar"],
        "name_en": name["en"],
        "redirect_uris": list(redirect_uris),
        "scopes": list(scopes),
        "introspects": list(introspects),
        "dpop_bound": client.dpop_bound if dpop_bound is None else dpop_bound,
        "exchange_audiences": audiences,
        "attributes": client.attributes if attributes is None else dict(attributes),
    }
    outdated = {
        "scopes taken away": set(client.scopes) - set(scopes),
        "exchange audiences taken away": set(client.exchange_audiences) - set(audiences),
        "attributes changed": terms["attributes"] != client.attributes,
        "tokens have to be bound to a key": dpop_bound and not client.dpop_bound,
    }
    change_terms(work, client, terms)
    if reason := next((reason for reason, holds in outdated.items() if holds), None):
        void_tokens_of(work, client, reason)
    return client


def _get_organisation(session: Session, code: str) -> Organisation:
    found = session.get(Organisation, code)
    if found is None:
        raise InvalidRegistration.of("organisation", "organisation-unknown")
    return found


def _check_terms(
    kind: str,
    organisation_kind: str,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    introspects: Sequence[str],
) -> None:
    findings = Findings(InvalidRegistration)
    with findings.gather():
        check_redirect_uris(kind, redirect_uris)
    with findings.gather():
        catalogue.scopes().check_client(scopes, kind, organisation_kind)
    if set(introspects) - catalogue.scopes().audiences:
        findings.fault("introspects", "audience-unknown")
    findings.settle()


def _check_exchange_audiences(
    kind: str, organisation_kind: str, exchange_audiences: Sequence[str]
) -> None:
    check_exchange_audiences(
        exchange_audiences,
        kind=kind,
        organisation_kind=organisation_kind,
        known=catalogue.scopes().audiences,
    )


def replace_client_keys(work: UnitOfWork, client_id: str, *, jwks: Mapping[str, Any]) -> Client:
    """Replaces the keys of the client by the keys of `jwks`. Removing a key voids the client's tokens, because the key
    may be stolen; adding one doesn't. Raises NotFound and InvalidRegistration."""
    client = work.lock(Client, client_id)
    before, client.jwks = client.jwks, _check_keys(jwks)
    details = {"kids": [[key["kid"] for key in keys["keys"]] for keys in (before, client.jwks)]}
    work.record_change(client, Action.REPLACE_KEYS, details=details)
    work.session.flush()
    if any(key not in client.jwks["keys"] for key in before["keys"]):
        void_tokens_of(work, client, "a key was taken away")
    return client


def _check_keys(jwks: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the key set, if the library can import each key. Raises InvalidRegistration."""
    check_jwks(jwks)
    findings = Findings(InvalidRegistration)
    for index, member in enumerate(jwks["keys"]):
        try:
            key = import_key(member)
            usable = not isinstance(key, RSAKey) or _is_usable_rsa_key(key)
        except (JoseError, ValueError, TypeError, KeyError):
            usable = False
        if not usable:
            findings.fault(f"jwks.keys.{index}", "jwk-invalid")
    findings.settle()
    return {"keys": [dict(member) for member in jwks["keys"]]}


def _is_usable_rsa_key(key: RSAKey) -> bool:
    numbers = key.public_key.public_numbers()
    return (
        _LEAST_RSA_BITS <= numbers.n.bit_length() <= _MOST_RSA_BITS and numbers.e == _RSA_EXPONENT
    )


# How long an expired assertion is remembered: a request may have waited for a lock after it read its clock, or its
# host's clock may be behind. Each use deletes a few older rows.
REMEMBERED_LONGER = timedelta(minutes=5)
_REMEMBER = text(
    """WITH forgotten AS (DELETE FROM used_assertion WHERE ctid IN (SELECT ctid FROM used_assertion
        WHERE forget_after < :forgotten_before LIMIT 20 FOR UPDATE SKIP LOCKED))
    INSERT INTO used_assertion (client_id, jti_hash, forget_after)
    VALUES (:client_id, :jti_hash, :forget_after) ON CONFLICT DO NOTHING RETURNING 1"""
)


def use_assertion(session: Session, assertion: Assertion, now: datetime) -> bool:
    """Returns True at the first use. A second transaction with the `jti` waits for the first, and gets False."""
    values = {
        "forgotten_before": now - REMEMBERED_LONGER,
        "client_id": assertion.client_id,
        "jti_hash": fingerprint(assertion.jti),
        "forget_after": datetime.fromtimestamp(assertion.forget_after, UTC),
    }
    return session.scalar(_REMEMBER, values) is not None
