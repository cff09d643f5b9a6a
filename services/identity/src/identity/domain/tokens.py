"""Access tokens (RFC 9068), their revocation, and the keys that sign them.

The next key is published before it signs, and the last key until every token that it signed has expired.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from identity.domain.errors import SigningKeyTooYoung
from identity.domain.scopes import OrganisationKind
from identity.domain.second_factor import Policy, class_of

LIFETIME_SECONDS = 300
EXCHANGED = "exchanged"
"""The claim of a token that came from an exchange (RFC 8693)."""
TYPE = "at+jwt"
# Longer than a token's life plus the leeway and the clock difference of any service.
_REMEMBERED = timedelta(seconds=LIFETIME_SECONDS) + timedelta(minutes=10)
# Tokens don't name the people of these organisations.
_OUTSIDE = frozenset((OrganisationKind.PARTNER, OrganisationKind.MEDICAL_CENTRE))

# The last day that every language and database can store.
FOR_GOOD = datetime(9999, 12, 30, tzinfo=UTC)


class RevocationKind(StrEnum):
    """The kinds of revocations. Each kind except the last two is compared with one claim."""

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
    """Returns the name that voids the tokens in which a citizen acts for an establishment, and no other tokens."""
    return f"{citizen_id}/{unified_number}"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The subject of a token: a person in a session, or the client itself (both None). `name`: the person's;
    `attributes`: as in the contract's schema. A citizen has no organisation; the attributes of a citizen are the sealed
    person and the establishments for which the citizen acts. `amr`: how an employee signed in; `second_factor`: the
    policy of the employee's organisation."""

    client_id: str
    client_kind: str
    organisation: str | None = None
    organisation_kind: str | None = None
    municipality: str | None = None
    person_id: str | None = None
    name: str | None = field(default=None, repr=False)
    sid: str | None = None
    signed_in_at: datetime | None = None
    amr: Sequence[str] = ()
    second_factor: str | None = None
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
    is_exchanged: bool = False,
) -> dict[str, Any]:
    """Returns the claims of an access token. Times are whole epoch seconds; an empty claim is left out.

    `bound_to`: the thumbprint of the key that has to prove each use (RFC 9449 section 6). Tokens name the people of the
    municipalities, for the journals; the names of the people of partners and medical centres aren't needed. An
    attribute never replaces another claim. `is_exchanged`: the token comes from an exchange."""
    optional = {
        "organisation": subject.organisation,
        "organisation_kind": subject.organisation_kind,
        "municipality": subject.municipality,
        "name": None if subject.organisation_kind in _OUTSIDE else subject.name,
        "sid": subject.sid,
        "cnf": {"jkt": bound_to} if bound_to else None,
        EXCHANGED: True if is_exchanged else None,
        "auth_time": int(subject.signed_in_at.timestamp()) if subject.signed_in_at else None,
        **_authentication(subject),
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


def _authentication(subject: Subject) -> dict[str, Any]:
    """Returns how an employee signed in (RFC 8176, RFC 9470), and whether the employee's organisation demands a second
    factor, so that a service decides without asking."""
    is_demanded = subject.second_factor == Policy.DEMANDED
    return {
        "amr": list(subject.amr) or None,
        "acr": class_of(subject.amr) if subject.amr else None,
        "second_factor": Policy.DEMANDED.value if is_demanded else None,
    }


def issued_at(now: datetime) -> dict[str, int]:
    """Returns the times of a token: `iat`, `nbf` and `exp`, in whole epoch seconds."""
    issued = int(now.timestamp())
    return {"iat": issued, "nbf": issued, "exp": issued + LIFETIME_SECONDS}


def void_before(kind: str, now: datetime, latest: datetime | None = None) -> datetime:
    """Returns the `iat` from which tokens are good again after a revocation of now: two whole seconds later.

    `iat` counts whole seconds, so the revocation also voids tokens of this second, and tokens whose request began just
    after the revocation's request and was answered before it. The tokens of a stolen key are never good again, because
    a thief writes any `iat`. `latest`: the end of the last revocation of the name; a token issued since then has this
    date.
    """
    if kind == RevocationKind.KEY:
        return FOR_GOOD
    earliest = now.replace(microsecond=0) + timedelta(seconds=2)
    return max(earliest, latest + timedelta(seconds=1)) if latest else earliest


def forget_after(kind: str, now: datetime) -> datetime:
    """Returns when every token that a revocation of now voids has expired. The tokens of a stolen key never expire."""
    if kind == RevocationKind.KEY:
        return FOR_GOOD
    return now + _REMEMBERED


ALGORITHM = "PS256"
KEY_OVERLAP = timedelta(hours=24)


class KeyStatus(StrEnum):
    """`next`: published, and doesn't sign yet. `active`: signs. `retired`: published for the tokens that it signed."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"


class RotationReason(StrEnum):
    """Why keys are rotated. A compromised key is withdrawn at once."""

    SCHEDULED = "scheduled"
    COMPROMISED = "compromised"


def check_key_rotation(reason: str, next_created_at: datetime, now: datetime) -> None:
    """Raises SigningKeyTooYoung for a scheduled rotation to a key that a service may not have fetched yet."""
    ready_at = next_created_at + KEY_OVERLAP
    if reason == RotationReason.SCHEDULED and now < ready_at:
        raise SigningKeyTooYoung(ready_at)


def key_published_until(reason: str, now: datetime) -> datetime:
    """Returns until when the key that stops signing now stays published."""
    return now if reason == RotationReason.COMPROMISED else now + KEY_OVERLAP
