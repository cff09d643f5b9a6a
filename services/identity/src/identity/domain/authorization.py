"""The authorization code: PKCE, lifetime, sessions."""

import hashlib
import re
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hmac import compare_digest

from identity.domain.errors import OAuthRefusal

CODE_LIFETIME = timedelta(seconds=60)
SESSION_LIFETIME = timedelta(hours=10)
SESSION_IDLE = timedelta(hours=1)
CHALLENGE_METHOD = "S256"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


def check_challenge(challenge: str | None, method: str | None) -> str:
    """The challenge, when it's one of S256. Raises `invalid_request`: PKCE is for every client, `plain` for none."""
    if method != CHALLENGE_METHOD:
        raise OAuthRefusal("invalid_request", "code_challenge_method has to be S256.")
    if not challenge or not _CHALLENGE.match(challenge):
        raise OAuthRefusal("invalid_request", "code_challenge is missing or malformed.")
    return challenge


def check_verifier(verifier: str | None, challenge: str) -> None:
    """Raises `invalid_request` for a malformed verifier and `invalid_grant` for one of another challenge."""
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
