"""When a session ends, and what a token's age means. Pure."""

from datetime import datetime, timedelta

IDLE, ABSOLUTE = timedelta(minutes=60), timedelta(hours=10)
# A sign-in that isn't completed within this time begins anew.
SIGN_IN = timedelta(minutes=10)
# `seen_at` is written at most once in this time, so that a page costs no write.
SEEN_EVERY = timedelta(seconds=30)
# A token is renewed before it expires, so that it doesn't expire between the page and the gateway.
TOKEN_REST = timedelta(seconds=15)


def has_ended(signed_in_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Returns whether a session has ended by itself: idle for 60 minutes, or 10 hours after the sign-in."""
    return now - seen_at >= IDLE or now - signed_in_at >= ABSOLUTE


def is_worn_out(expires_at: float, now: datetime) -> bool:
    """Returns whether a token has too little time left for a request."""
    return expires_at - now.timestamp() < TOKEN_REST.total_seconds()
