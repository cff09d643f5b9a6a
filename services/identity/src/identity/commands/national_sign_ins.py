"""A browser's way to the national login and back: begun by a page of ours, taken up once, in the same browser."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import digest

from sqlalchemy import text
from sqlalchemy.orm import Session

from identity.domain.errors import OAuthRefusal
from identity.domain.national_login import SIGN_IN_LIFETIME
from identity.models import NationalSignIn, PushedRequest
from identity.outside.national_login import Journey
from identity.sealing import derived_key, fingerprint, seal, unseal
from identity.settings import Settings

CALLBACK = "/national-login/callback"
_LABEL = "national-sign-in"
_FORGET = text(
    """DELETE FROM national_sign_in WHERE ctid IN (SELECT ctid FROM national_sign_in
    WHERE expires_at < :now LIMIT 20 FOR UPDATE SKIP LOCKED)"""
)


class TooLate(Exception):
    """The person came back too late."""


@dataclass(frozen=True)
class Returned:
    """The return of a browser: the journey, and the request of the application."""

    journey: Journey
    client_id: str
    request_uri: str
    language: str


def begin_journey(settings: Settings, now: datetime) -> Journey:
    """Returns a new journey, which isn't stored yet."""
    return _journey_of(settings, secrets.token_urlsafe(32), now)


def keep_journey(
    session: Session,
    settings: Settings,
    journey: Journey,
    *,
    request_uri: str,
    language: str,
    now: datetime,
) -> None:
    """Stores the journey until the browser returns."""
    session.execute(_FORGET, {"now": now})
    keys = settings.encryption_keys()
    session.add(
        NationalSignIn(
            state_hash=fingerprint(journey.state),
            request_hash=fingerprint(request_uri),
            reference=seal(request_uri.encode(), label=_LABEL, keys=keys),
            language=language,
            created_at=now,
            expires_at=now + SIGN_IN_LIFETIME,
        )
    )
    session.flush()


def take_journey(
    session: Session, settings: Settings, state: str, *, browser: str, now: datetime
) -> Returned:
    """Returns the journey of a state, once. Raises OAuthRefusal for a used state or a state of another browser, TooLate
    after its time.

    The row's lock lets one of two simultaneous answers win. In another browser nothing happens to it: whoever makes
    somebody else's browser bring it signs nobody in.
    """
    row = session.get(
        NationalSignIn, fingerprint(state), with_for_update=True, populate_existing=True
    )
    request = session.get(PushedRequest, row.request_hash) if row else None
    if (
        row is None
        or request is None
        or row.used_at is not None
        or request.browser_hash != fingerprint(browser)
    ):
        raise OAuthRefusal("invalid_request", "The state is not one of this browser.")
    if now >= row.expires_at:
        raise TooLate
    row.used_at = now
    keys = settings.encryption_keys()
    return Returned(
        _journey_of(settings, state, row.created_at),
        request.client_id,
        unseal(row.reference, label=_LABEL, keys=keys).decode(),
        row.language,
    )


def _journey_of(settings: Settings, state: str, asked_at: datetime) -> Journey:
    """Returns the journey of a state. A secret key derives nonce and verifier from the state, so that neither an
    address nor a row reveals nonce and verifier."""
    keys = settings.encryption_keys()
    return Journey(
        state=state,
        nonce=_derive(state, "national-login nonce", keys),
        verifier=_derive(state, "national-login verifier", keys),
        callback=settings.url(CALLBACK),
        asked_at=asked_at,
    )


def _derive(state: str, purpose: str, keys: Sequence[bytes]) -> str:
    mac = digest(derived_key(purpose, keys), state.encode(), "sha256")
    return urlsafe_b64encode(mac).decode().rstrip("=")
