"""Access tokens (RFC 9068) and their revocation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

LIFETIME_SECONDS = 300
TYPE = "at+jwt"
# Longer than a token lives plus the leeway and the clock difference of any service.
_REMEMBERED = timedelta(seconds=LIFETIME_SECONDS) + timedelta(minutes=10)


class RevocationKind(StrEnum):
    """What is revoked; each is compared with one claim."""

    TOKEN = "token"  # noqa: S105 - a word, not a secret
    SESSION = "session"
    PERSON = "person"
    CLIENT = "client"
    ORGANISATION = "organisation"


CLAIM_OF = {
    RevocationKind.TOKEN: "jti",
    RevocationKind.SESSION: "sid",
    RevocationKind.PERSON: "sub",
    RevocationKind.CLIENT: "client_id",
    RevocationKind.ORGANISATION: "organisation",
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """For whom a token speaks: a person in a session, or (both None) the client itself."""

    client_id: str
    organisation: str
    organisation_kind: str
    municipality: str | None
    person_id: str | None = None
    sid: str | None = None
    signed_in_at: datetime | None = None


def claims(
    subject: Subject,
    *,
    issuer: str,
    audience: str,
    scope: str,
    jti: str,
    now: datetime,
    bound_to: str | None = None,
) -> dict[str, Any]:
    """The claims of an access token. Times are whole epoch seconds; a claim that says nothing is left out.

    `bound_to` is the thumbprint of the key that has to prove each use (RFC 9449 section 6).
    """
    optional = {
        "municipality": subject.municipality,
        "sid": subject.sid,
        "cnf": {"jkt": bound_to} if bound_to else None,
        "auth_time": int(subject.signed_in_at.timestamp()) if subject.signed_in_at else None,
    }
    return {
        "iss": issuer,
        "sub": subject.person_id or subject.client_id,
        "aud": audience,
        **issued_at(now),
        "jti": jti,
        "client_id": subject.client_id,
        "scope": scope,
        "organisation": subject.organisation,
        "organisation_kind": subject.organisation_kind,
        **{name: value for name, value in optional.items() if value is not None},
    }


def issued_at(now: datetime) -> dict[str, int]:
    """The claims that say when a token is good: `iat`, `nbf` and `exp`, in whole epoch seconds."""
    issued = int(now.timestamp())
    return {"iat": issued, "nbf": issued, "exp": issued + LIFETIME_SECONDS}


def void_before(now: datetime) -> datetime:
    """From which `iat` on tokens are good again after a revocation of now: two whole seconds later.

    `iat` counts whole seconds, so a token of this very second has to be caught; and so has one whose request began just
    after the revocation's and was answered before it.
    """
    return now.replace(microsecond=0) + timedelta(seconds=2)


def forget_after(now: datetime) -> datetime:
    """When every token that a revocation of now voids has expired by itself."""
    return now + _REMEMBERED
