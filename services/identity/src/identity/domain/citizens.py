"""The rules for citizens: what the national login has to prove about a person, and who acts for an establishment.

The library checks signature, issuer, audience, times and nonce of an ID token (OpenID Connect Core 3.1.3.7). The rules
here come on top: no other audience, an accepted level of assurance, an authentication made for this sign-in, and a
person with an identity number."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from identity.domain.errors import InvalidRegistration, NotTheOwner
from identity.domain.tokens import LIFETIME_SECONDS
from saudi.days import midnight_after, parse_day
from saudi.ids import IdType, parse_civil_id
from saudi.malformed import Malformed
from saudi.mobiles import parse_mobile
from saudi.moments import parse_moment
from saudi.text import tidy

# The largest difference between the national login's clock and ours.
LEEWAY = timedelta(seconds=10)
# The time that a person has at the national login.
SIGN_IN_LIFETIME = timedelta(minutes=5)
_LONGEST_NAME = 150


class NotVerified(Exception):
    """The answer doesn't prove the person's identity. The reason is for the log and holds no value of the answer."""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A person whose identity the national login has proved. `id_number`: ten ASCII digits; `mobile`: E.164; `acr`: the
    level of assurance; `subject`: the national login's id of the person."""

    subject: str = field(repr=False)
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    mobile: str | None = field(repr=False)
    acr: str

    @property
    def id_type(self) -> str:
        return id_type_of(self.id_number)


def id_type_of(id_number: str) -> str:
    """Returns `national_id` or `iqama`, by the first digit."""
    return str(IdType.NATIONAL_ID if id_number.startswith("1") else IdType.IQAMA)


def verify_person(
    claims: Mapping[str, Any], *, client_id: str, accepted: Collection[str], asked_at: datetime
) -> Verified:
    """Returns the person of an ID token whose signature, issuer, times and nonce are right. Raises NotVerified.

    `accepted`: the levels of assurance that open a sign-in; `asked_at`: when this browser was sent to the national
    login.
    """
    if (
        claims.get("aud") not in (client_id, [client_id])
        or claims.get("azp", client_id) != client_id
    ):
        raise NotVerified("audience")
    if not isinstance(acr := claims.get("acr"), str) or acr not in accepted:
        raise NotVerified("acr")
    oldest = (asked_at - LEEWAY).timestamp()
    for name in ("auth_time", "iat"):
        when = claims.get(name)
        if isinstance(when, bool) or not isinstance(when, int | float) or when < oldest:
            raise NotVerified(name)
    return Verified(
        subject=_text(claims, "sub", 255),
        id_number=_number(claims),
        name=_text(claims, "name", _LONGEST_NAME),
        mobile=_mobile(claims),
        acr=acr,
    )


def _text(claims: Mapping[str, Any], name: str, longest: int) -> str:
    value = claims.get(name)
    text = tidy(value) if isinstance(value, str) else ""
    if not text or len(text) > longest or not text.isprintable():
        raise NotVerified(name)
    return text


def _number(claims: Mapping[str, Any]) -> str:
    value = claims.get("national_id")
    try:
        return parse_civil_id(value if isinstance(value, str) else "")
    except Malformed:
        raise NotVerified("national_id") from None


def _mobile(claims: Mapping[str, Any]) -> str | None:
    """Returns a mobile of the Kingdom that the national login has checked; None otherwise, because a sign-in needs
    none."""
    value = claims.get("phone_number")
    if claims.get("phone_number_verified") is not True or not isinstance(value, str):
        return None
    try:
        return parse_mobile(value)
    except Malformed:
        return None


def short_name(name: str | None) -> str | None:
    """Returns the first name and the initial of the last, «حسن أ.»; None for a person whose name isn't known."""
    words = (name or "").split("(")[0].split()
    if len(words) < 2:
        return words[0] if words else None
    return f"{words[0]} {words[-1][0]}."


LONGEST = timedelta(days=366)
# How long an answer of the commercial register counts. The register doesn't report the sale of an establishment.
OWNER_LASTS = timedelta(days=30)
MOST_OF_ONE = 100
# How often a day an owner may name the same person, over all establishments.
NAMINGS_PER_DELEGATE = 3
# A token's life plus the leeway of verifiers: no token outlives a delegation that it names.
TOKENS_END = timedelta(seconds=LIFETIME_SECONDS + 10)


class Basis(StrEnum):
    """Why a person may act for an establishment."""

    OFFICER = "officer"  # an officer saw the proof
    OWNER = "owner"  # the owner, whom the commercial register names, named the person
    REGISTER = "register"  # the commercial register names the person as the owner


def relation_to(subject: str, *, delegate: str, made_by: str) -> str:
    """Returns what a delegation is to a citizen: `held` by the citizen, `given` by the citizen, or `other`."""
    if subject == delegate:
        return "held"
    return "given" if subject == made_by else "other"


def parse_until(text: str) -> datetime:
    """Reads the first moment at which a delegation no longer counts: RFC 3339, or the last day of either calendar, in
    Riyadh. Raises Malformed."""
    if ":" in text:
        return parse_moment(text)
    return midnight_after(parse_day(text))


def check_until(until: datetime, now: datetime) -> None:
    """Raises InvalidRegistration for an end in the past, and for an end more than a year ahead."""
    if until <= now:
        raise InvalidRegistration.of("until", "in-the-past")
    if until > now + LONGEST:
        raise InvalidRegistration.of("until", "too-far-ahead")


def check_owner(id_number: str, owners: Collection[str]) -> None:
    """Raises NotTheOwner, also for an unknown establishment, so that the answer doesn't reveal its owner."""
    if id_number not in owners:
        raise NotTheOwner


def check_delegate(owner: str, delegate: str) -> None:
    """Raises InvalidRegistration for a person who names himself. An owner acts by the commercial register, and anybody
    else by an owner or an officer."""
    if owner == delegate:
        raise InvalidRegistration.of("delegate.id_number", "names-himself")


def counts_until(now: datetime) -> datetime:
    """Returns the end that a delegation has to exceed to be named in a token of now."""
    return now + TOKENS_END
