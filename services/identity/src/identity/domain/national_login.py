"""What the national login has to say about a person before it's believed (OpenID Connect Core 3.1.3.7 and more).

The library checks signature, issuer, audience, times and nonce; here stands what this house asks besides: nobody else's
audience, an accepted level of assurance, an authentication made for this very sign-in, and a person with a number.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from saudi.ids import IdType, parse_civil_id
from saudi.malformed import Malformed
from saudi.mobiles import parse_mobile
from saudi.text import tidy

# The national login's clock may differ from ours by so much.
LEEWAY = timedelta(seconds=10)
# So long a person may take there, telephone in hand.
SIGN_IN_LIFETIME = timedelta(minutes=5)
_LONGEST_NAME = 150


class NotVerified(Exception):
    """The answer doesn't prove who the person is. The reason is for the log and holds no value of the answer."""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A person as the national login vouches for them. `id_number` is ten ASCII digits, `mobile` E.164, `acr` the
    level of assurance; `subject` is the national login's own name for the person."""

    subject: str = field(repr=False)
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    mobile: str | None = field(repr=False)
    acr: str

    @property
    def id_type(self) -> str:
        return id_type_of(self.id_number)


def id_type_of(id_number: str) -> str:
    """`national_id` or `iqama`, told by the first digit."""
    return str(IdType.NATIONAL_ID if id_number.startswith("1") else IdType.IQAMA)


def verified(
    claims: Mapping[str, Any], *, client_id: str, accepted: Collection[str], asked_at: datetime
) -> Verified:
    """The person of an ID token whose signature, issuer, times and nonce are right. Raises NotVerified.

    `accepted` are the levels of assurance that open a sign-in; `asked_at` is when this browser was sent there.
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
    """Only a number that was checked there, and only a mobile of the Kingdom; a sign-in doesn't need one."""
    value = claims.get("phone_number")
    if claims.get("phone_number_verified") is not True or not isinstance(value, str):
        return None
    try:
        return parse_mobile(value)
    except Malformed:
        return None
