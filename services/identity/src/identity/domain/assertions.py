"""private_key_jwt: the rules for header and claims of a client's assertion (RFC 7523, rfc7523bis, FAPI 2.0).

The signature is checked elsewhere. Every breach gets the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ALGORITHMS = ("ES256", "PS256", "EdDSA", "Ed25519")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_BYTES = 4_096
LONGEST_LIFE_SECONDS = 60
FURTHEST_FUTURE_SECONDS = 60
SKEW_SECONDS = 10
_TYPES = ("JWT", "CLIENT-AUTHENTICATION+JWT")
_HEADER_NAMES = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})


class BadAssertion(Exception):
    """The assertion authenticates no client. The reason goes to the log, never to the caller."""


@dataclass(frozen=True)
class Assertion:
    """A well-formed assertion. After `forget_after` (epoch seconds) its expiry alone refuses a replay."""

    client_id: str
    jti: str
    forget_after: float


def check_header(header: Mapping[str, Any]) -> str | None:
    """Returns the id of the signing key; None for a header without an id, which RFC 7515 section 4.1.4 allows.

    Raises BadAssertion for another algorithm, another type, or a key in the header.
    """
    if set(header) - _HEADER_NAMES:
        raise BadAssertion("header parameter")
    if header.get("alg") not in ALGORITHMS:
        raise BadAssertion("algorithm")
    if "typ" in header and str(header["typ"]).upper() not in _TYPES:
        raise BadAssertion("type")
    if "kid" not in header:
        return None
    kid = header["kid"]
    if not isinstance(kid, str) or not kid:
        raise BadAssertion("kid")
    return kid


def signing_key(keys: Sequence[Mapping[str, Any]], kid: str | None) -> Mapping[str, Any]:
    """Returns the registered JWK that has to verify the assertion. Raises BadAssertion.

    Without a kid the client needs exactly one key: several keys are never tried in turn.
    """
    if kid is None:
        if len(keys) != 1:
            raise BadAssertion("no kid, and not one key")
        return keys[0]
    for key in keys:
        if key["kid"] == kid:
            return key
    raise BadAssertion("unknown key")


def named_client(claims: Mapping[str, Any]) -> str:
    """Returns the client of the assertion: `iss` and `sub`, which have to be equal."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or subject != claims.get("iss"):
        raise BadAssertion("iss and sub")
    return subject


def check_claims(claims: Mapping[str, Any], *, issuer: str, now: float) -> Assertion:
    """Returns the assertion. Raises BadAssertion unless the assertion is for this issuer alone, short-lived, current,
    and has a jti.

    `now` and the times are epoch seconds. `iat` is optional (RFC 7523 section 3). Without `iat`, `exp` is at most the
    `exp` of an assertion signed now.
    """
    client_id = named_client(claims)
    if claims.get("aud") != issuer:
        raise BadAssertion("aud is not one string, the issuer")
    expires = _time(claims, "exp")
    if "iat" in claims:
        if not 0 < expires - _time(claims, "iat") <= LONGEST_LIFE_SECONDS:
            raise BadAssertion("lifetime")
    elif expires > now + LONGEST_LIFE_SECONDS + SKEW_SECONDS:
        raise BadAssertion("lifetime")
    if now >= expires + SKEW_SECONDS:
        raise BadAssertion("expired")
    begins = [_time(claims, name) for name in ("iat", "nbf") if name in claims]
    if max(begins, default=now) > now + FURTHEST_FUTURE_SECONDS:
        raise BadAssertion("from the future")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 255:
        raise BadAssertion("jti")
    return Assertion(client_id, jti, expires + SKEW_SECONDS)


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e11:
        raise BadAssertion(name)
    return float(value)
