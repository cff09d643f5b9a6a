"""The authorization code: pushed requests, PKCE, lifetime, sessions."""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Protocol, TypeVar

from identity.domain.errors import OAuthRefusal

CODE_LIFETIME = timedelta(seconds=60)
SESSION_LIFETIME = timedelta(hours=10)
SESSION_IDLE = timedelta(hours=1)
CHALLENGE_METHOD = "S256"
PUSHED_LIFETIME = timedelta(seconds=60)
CONVERSATION_LIFETIME = timedelta(minutes=10)
REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:"
# What an authorization request may hold; beside a request_uri none of these parameters may be sent.
REQUEST_PARAMETERS = (
    *("response_type", "client_id", "redirect_uri", "scope", "state"),
    *("code_challenge", "code_challenge_method", "resource", "dpop_jkt", "lang"),
    "ui_locales",
)
LANGUAGES = ("ar", "en")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


class Pushed(Protocol):
    """A pushed request as the rules see it."""

    client_id: str
    expires_at: datetime
    browser_hash: bytes | None
    answered_at: datetime | None


SomePushed = TypeVar("SomePushed", bound=Pushed)


def check_opening(
    request: SomePushed | None, *, client_id: str, browser_hash: bytes, now: datetime
) -> SomePushed:
    """The request, if this browser may go on with it. Raises `invalid_request_uri` in every other case."""
    if (
        request is None
        or request.client_id != client_id
        or request.answered_at is not None
        or now >= request.expires_at
        or request.browser_hash not in (None, browser_hash)
    ):
        raise OAuthRefusal("invalid_request_uri", "The request_uri is not valid.")
    return request


def page_language(request: Mapping[str, str], *, otherwise: str) -> str:
    """`lang` of a pushed request, or the first of its `ui_locales` ("en-GB ar") that we have; else the browser's."""
    asked = [request.get("lang", ""), *request.get("ui_locales", "").split()]
    primary = (tag.partition("-")[0].lower() for tag in asked)
    return next((one for one in primary if one in LANGUAGES), otherwise)


def check_key_binding(thumbprint: str | None, *, is_needed: bool) -> str | None:
    """`dpop_jkt` (RFC 9449 section 10), from the parameter or the proof. Raises `invalid_request`."""
    if thumbprint is None and not is_needed:
        return None
    if not thumbprint or not _CHALLENGE.match(thumbprint):
        raise OAuthRefusal("invalid_request", "dpop_jkt is missing or malformed.")
    return thumbprint


def check_challenge(challenge: str | None, method: str | None) -> str:
    """The challenge, if its method is S256. Raises `invalid_request`: PKCE is for every client, `plain` for none."""
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
    """Whether a sign-in session still counts: not ended, not past a shift, not idle for an hour."""
    return ended_at is None and now < expires_at and now < last_used_at + SESSION_IDLE
