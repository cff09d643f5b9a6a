"""Access tokens (RFC 9068) and their revocation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from identity.domain.scopes import OrganisationKind

LIFETIME_SECONDS = 300
TYPE = "at+jwt"
# Longer than a token lives plus the leeway and the clock difference of any service.
_REMEMBERED = timedelta(seconds=LIFETIME_SECONDS) + timedelta(minutes=10)
# Organisations whose people the tokens don't name.
_OUTSIDE = frozenset((OrganisationKind.PARTNER, OrganisationKind.MEDICAL_CENTRE))

# Within what every language and database can hold as a time.
FOR_GOOD = datetime(9999, 12, 30, tzinfo=UTC)


class RevocationKind(StrEnum):
    """The kinds of a revocation; each but the last two is compared with one claim."""

    TOKEN = "token"  # noqa: S105 - a word, not a secret
    SESSION = "session"
    PERSON = "person"
    CLIENT = "client"
    ORGANISATION = "organisation"
    KEY = "key"  # a signing key, compared with the header's kid
    DELEGATION = "delegation"  # sub/number, compared with each number of acts_for


CLAIM_OF = {
    RevocationKind.TOKEN: "jti",
    RevocationKind.SESSION: "sid",
    RevocationKind.PERSON: "sub",
    RevocationKind.CLIENT: "client_id",
    RevocationKind.ORGANISATION: "organisation",
}


def delegation_name(citizen_id: str, unified_number: str) -> str:
    """What voids the tokens in which a citizen acts for an establishment, and no other ones."""
    return f"{citizen_id}/{unified_number}"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The subject of a token: a person in a session, or (both None) the client itself. `name` is the person's;
    `attributes` are as the contract's schema of that name has them. A citizen has no organisation, and as attributes
    who they are, sealed, and for which establishments they act."""

    client_id: str
    client_kind: str
    organisation: str | None = None
    organisation_kind: str | None = None
    municipality: str | None = None
    person_id: str | None = None
    name: str | None = field(default=None, repr=False)
    sid: str | None = None
    signed_in_at: datetime | None = None
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)


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
    """The claims of an access token. Times are whole epoch seconds; an empty claim is left out.

    `bound_to` is the thumbprint of the key that has to prove each use (RFC 9449 section 6). The people of the
    municipalities are named, for the journals of what they did; the names of the people of partners and medical centres
    aren't needed. An attribute takes no other claim's place.
    """
    optional = {
        "organisation": subject.organisation,
        "organisation_kind": subject.organisation_kind,
        "municipality": subject.municipality,
        "name": None if subject.organisation_kind in _OUTSIDE else subject.name,
        "sid": subject.sid,
        "cnf": {"jkt": bound_to} if bound_to else None,
        "auth_time": int(subject.signed_in_at.timestamp()) if subject.signed_in_at else None,
    }
    return {
        **subject.attributes,
        "iss": issuer,
        "sub": subject.person_id or subject.client_id,
        "aud": audience,
        **issued_at(now),
        "jti": jti,
        "client_id": subject.client_id,
        "client_kind": subject.client_kind,
        "scope": scope,
        **{name: value for name, value in optional.items() if value is not None},
    }


def issued_at(now: datetime) -> dict[str, int]:
    """The claims that say when a token is good: `iat`, `nbf` and `exp`, in whole epoch seconds."""
    issued = int(now.timestamp())
    return {"iat": issued, "nbf": issued, "exp": issued + LIFETIME_SECONDS}


def void_before(kind: str, now: datetime, latest: datetime | None = None) -> datetime:
    """The `iat` from which tokens are good again after a revocation made now: two whole seconds later.

    `iat` counts whole seconds, so a token of this very second has to be caught; and so has a token whose request began
    just after the revocation's and was answered before it. A thief writes any `iat`: a stolen key's tokens are never
    good again. `latest` is where the last revocation of the same name ended: a token issued since then is dated so.
    """
    if kind == RevocationKind.KEY:
        return FOR_GOOD
    earliest = now.replace(microsecond=0) + timedelta(seconds=2)
    return max(earliest, latest + timedelta(seconds=1)) if latest else earliest


def forget_after(kind: str, now: datetime) -> datetime:
    """When every token that a revocation of now voids has expired by itself; those of a stolen key never do."""
    if kind == RevocationKind.KEY:
        return FOR_GOOD
    return now + _REMEMBERED
