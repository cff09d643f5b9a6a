"""The rules of the exchange of a token (RFC 8693): a client gets, within a person's session, a token for another
service.

The session counts, not the age of the token that the client sends: a token that has expired is exchanged while the
session goes on.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from identity.domain.errors import InvalidRegistration, OAuthRefusal
from identity.domain.scopes import ClientKind, OrganisationKind
from identity.domain.tokens import EXCHANGED

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a word, not a secret
_NOT_VALID = "The subject_token is not valid."


@dataclass(frozen=True, kw_only=True)
class SubjectToken:
    """The token of a sign-in, which a client exchanges. `person_id` or `citizen_id` is the person."""

    client_id: str
    sid: str
    jti: str
    created_at: datetime
    person_id: str | None
    citizen_id: str | None


def check_exchange_audiences(
    audiences: Collection[str], *, kind: str, organisation_kind: str, known: Collection[str]
) -> None:
    """Raises InvalidRegistration for a client that may not exchange tokens: a machine has no session, and a partner's
    token stays with the one service for which the partner's person signed in."""
    is_municipal = OrganisationKind(organisation_kind).is_municipal
    if audiences and (kind == ClientKind.MACHINE or not is_municipal):
        raise InvalidRegistration.of("exchange_audiences", "exchange-unexpected")
    if set(audiences) - set(known):
        raise InvalidRegistration.of("exchange_audiences", "audience-unknown")


def read_exchange(form: Mapping[str, str]) -> str:
    """Returns the text of the `subject_token`. Raises `invalid_request` for a request that asks for anything else than
    an access token for an access token, and for an acting party."""
    if "actor_token" in form or "actor_token_type" in form:
        raise OAuthRefusal("invalid_request", "An actor_token is not supported.")
    if form.get("subject_token_type") != ACCESS_TOKEN:
        raise OAuthRefusal("invalid_request", "subject_token_type has to be an access token's.")
    if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise OAuthRefusal("invalid_request", "requested_token_type has to be an access token's.")
    if "subject_token" not in form:
        raise OAuthRefusal("invalid_request", "subject_token is missing.")
    return form["subject_token"]


def wanted_service(form: Mapping[str, str]) -> str | None:
    """Returns the service that `resource` or `audience` names. Raises `invalid_target` if both name different
    services."""
    resource, audience = form.get("resource"), form.get("audience")
    if resource is not None and audience is not None and resource != audience:
        raise OAuthRefusal("invalid_target", "resource and audience name different services.")
    return resource or audience


def check_subject_token(
    claims: Mapping[str, Any] | None, *, client_id: str, client_kind: str, bound_to: str | None
) -> SubjectToken:
    """Returns what an exchange needs of the token's claims, which our key signed.

    Raises `invalid_request` (RFC 8693 section 2.2.2), with the same words for every reason: the token is none of ours,
    another client's, unbound or bound to another key than `bound_to`, of no session, or itself from an exchange.
    """
    if (
        claims is None
        or claims.get("client_id") != client_id
        or claims.get("client_kind") != client_kind
        or bound_to is None
        or claims.get("cnf") != {"jkt": bound_to}
        or not claims.get("sid")
        or EXCHANGED in claims
    ):
        raise refuse_subject_token()
    is_citizen = client_kind == ClientKind.CITIZEN
    return SubjectToken(
        client_id=client_id,
        sid=claims["sid"],
        jti=claims["jti"],
        created_at=datetime.fromtimestamp(claims["iat"], UTC),
        person_id=None if is_citizen else claims["sub"],
        citizen_id=claims["sub"] if is_citizen else None,
    )


def refuse_subject_token() -> OAuthRefusal:
    """Returns the refusal of a `subject_token`, which doesn't tell the reason."""
    return OAuthRefusal("invalid_request", _NOT_VALID)


def check_named(names: Iterable[str], named: Collection[str]) -> None:
    """Raises `invalid_scope` unless the sign-in page named every scope to the person in this session."""
    if set(names) - set(named):
        raise OAuthRefusal("invalid_scope", "The sign-in page did not name a scope.")


def check_target(audience: str, audiences: Collection[str]) -> None:
    """Raises `invalid_target` unless the client is registered for exchanges to the service."""
    if audience not in audiences:
        raise OAuthRefusal("invalid_target", "The client may not exchange for this service.")
