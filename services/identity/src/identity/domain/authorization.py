"""The rules of a sign-in: pushed requests, PKCE, codes, sessions, and the wall against password guessing.

The wall stops an address, never an account, so that nobody can lock another person out.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Protocol, TypeVar

from identity.domain.errors import OAuthRefusal
from identity.domain.second_factor import CLASSES, ONE_FACTOR, class_of

CODE_LIFETIME = timedelta(seconds=60)
SESSION_LIFETIME = timedelta(hours=10)
SESSION_IDLE = timedelta(hours=1)
CHALLENGE_METHOD = "S256"
PUSHED_LIFETIME = timedelta(seconds=60)
CONVERSATION_LIFETIME = timedelta(minutes=10)
REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:"
# The parameters of an authorization request. None of them may be sent beside a request_uri.
REQUEST_PARAMETERS = (
    *("response_type", "client_id", "redirect_uri", "scope", "state"),
    *("code_challenge", "code_challenge_method", "resource", "dpop_jkt", "lang"),
    *("ui_locales", "max_age", "acr_values", "prompt"),
)
# RFC 9101: the reference was used, is over, or is somebody else's.
INVALID_REFERENCE = "invalid_request_uri"
LANGUAGES = ("ar", "en")
_MAX_AGE = re.compile(r"[0-9]{1,8}\Z", re.ASCII)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


class Pushed(Protocol):
    """The part of a pushed request that the rules need."""

    client_id: str
    expires_at: datetime
    browser_hash: bytes | None
    answered_at: datetime | None


SomePushed = TypeVar("SomePushed", bound=Pushed)


def check_opening(
    request: SomePushed | None, *, client_id: str, browser_hash: bytes, now: datetime
) -> SomePushed:
    """Returns the request if this browser may open it. Raises `invalid_request_uri` otherwise."""
    if (
        request is None
        or request.client_id != client_id
        or request.answered_at is not None
        or now >= request.expires_at
        or request.browser_hash not in (None, browser_hash)
    ):
        raise OAuthRefusal(INVALID_REFERENCE, "The request_uri is not valid.")
    return request


def page_language(request: Mapping[str, str], *, otherwise: str) -> str:
    """Returns the language of the page: `lang`, the first known of `ui_locales` ("en-GB ar"), or `otherwise`."""
    wanted = [request.get("lang", ""), *request.get("ui_locales", "").split()]
    primary = (tag.partition("-")[0].lower() for tag in wanted)
    return next((one for one in primary if one in LANGUAGES), otherwise)


def check_wishes(request: Mapping[str, str]) -> None:
    """Raises `invalid_request` for a malformed `max_age`, and for another `prompt` than `login`."""
    if not _MAX_AGE.match(request.get("max_age", "0")):
        raise OAuthRefusal("invalid_request", "max_age is malformed.")
    if request.get("prompt", "login") != "login":
        raise OAuthRefusal("invalid_request", "prompt can only be login.")


def is_young_enough(
    request: Mapping[str, str], *, pushed_at: datetime, signed_in_at: datetime, now: datetime
) -> bool:
    """Returns whether a session meets `max_age` and `prompt` (OpenID Connect Core 3.1.2.1). A sign-in for this request
    meets both, also when the person reads the next page for a while."""
    if signed_in_at >= pushed_at:
        return True
    if "prompt" in request:
        return False
    max_age = request.get("max_age")
    return max_age is None or now - signed_in_at <= timedelta(seconds=int(max_age))


def meets_class(request: Mapping[str, str], amr: Collection[str]) -> bool:
    """Returns whether an employee's sign-in is of one of the classes in `acr_values` (RFC 9470). Unknown classes don't
    count."""
    wanted = {one for one in request.get("acr_values", "").split() if one in CLASSES}
    return not wanted or ONE_FACTOR in wanted or class_of(amr) in wanted


def check_key_binding(thumbprint: str | None, *, is_needed: bool) -> str | None:
    """Returns the thumbprint `dpop_jkt` (RFC 9449 section 10). Raises `invalid_request`."""
    if thumbprint is None and not is_needed:
        return None
    if not thumbprint or not _CHALLENGE.match(thumbprint):
        raise OAuthRefusal("invalid_request", "dpop_jkt is missing or malformed.")
    return thumbprint


def check_challenge(challenge: str | None, method: str | None) -> str:
    """Returns the challenge. Raises `invalid_request` unless the method is S256: every client uses PKCE, none
    `plain`."""
    if method != CHALLENGE_METHOD:
        raise OAuthRefusal("invalid_request", "code_challenge_method has to be S256.")
    if not challenge or not _CHALLENGE.match(challenge):
        raise OAuthRefusal("invalid_request", "code_challenge is missing or malformed.")
    return challenge


def check_verifier(verifier: str | None, challenge: str) -> None:
    """Raises `invalid_request` for a malformed verifier and `invalid_grant` for the verifier of another challenge."""
    if not verifier or not _VERIFIER.match(verifier):
        raise OAuthRefusal("invalid_request", "code_verifier is missing or malformed.")
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    if not compare_digest(urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge):
        raise OAuthRefusal("invalid_grant", "The code is not valid.")


def session_is_current(
    *, ended_at: datetime | None, expires_at: datetime, last_used_at: datetime, now: datetime
) -> bool:
    """Returns whether a session is current: not ended, not past a shift, not idle for an hour."""
    return ended_at is None and now < expires_at and now < last_used_at + SESSION_IDLE


SOURCE_WINDOW = timedelta(minutes=15)
FAILURES_PER_SOURCE = 50
NAME_WINDOW = timedelta(hours=24)
FREE_FAILURES = 5
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)


def wait_after(failures_of_name: int) -> timedelta:
    """Returns how long an address waits before its next try of a name: half a minute after the fifth failure, then
    doubled.

    A few typing errors cost a short wait; an attacker gets a hundred tries a day for a name. Colleagues behind one
    address can delay each other for a quarter of an hour at most.
    """
    if failures_of_name < FREE_FAILURES:
        return timedelta(0)
    doubled: int = 2 ** min(failures_of_name - FREE_FAILURES, 10)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


def is_blocked(
    *, failures_of_name: int, since_last: timedelta | None, failures_of_source: int
) -> bool:
    """Returns whether an address has to wait, because of its failures with this name or with any name.

    Failures of the name count for a day, and failures of the address for a quarter of an hour.
    """
    waits = since_last is not None and since_last < wait_after(failures_of_name)
    return waits or failures_of_source >= FAILURES_PER_SOURCE
