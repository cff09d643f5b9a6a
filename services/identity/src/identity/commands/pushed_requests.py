"""Pushed authorization requests (RFC 9126): stored by the client, opened by one browser, answered once."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from identity.domain.authorization import (
    CONVERSATION_LIFETIME,
    PUSHED_LIFETIME,
    REQUEST_URI_PREFIX,
    check_opening,
)
from identity.models import PushedRequest
from identity.sealing import fingerprint

_FORGET = text(
    """DELETE FROM pushed_request WHERE ctid IN (SELECT ctid FROM pushed_request
    WHERE expires_at < :now LIMIT 20 FOR UPDATE SKIP LOCKED)"""
)


def push_request(
    session: Session, client_id: str, parameters: Mapping[str, str], *, now: datetime
) -> str:
    """Keeps a valid request for a minute; answers its `request_uri`, of which only the hash is kept."""
    session.execute(_FORGET, {"now": now})
    request_uri = REQUEST_URI_PREFIX + secrets.token_urlsafe(32)
    session.add(
        PushedRequest(
            request_hash=fingerprint(request_uri),
            client_id=client_id,
            parameters=dict(parameters),
            created_at=now,
            expires_at=now + PUSHED_LIFETIME,
        )
    )
    session.flush()
    return request_uri


def open_request(
    session: Session, request_uri: str, client_id: str, *, browser: str, now: datetime
) -> PushedRequest:
    """The request, in the browser that opened it first. Raises `invalid_request_uri` in every other case.

    `browser` is the cookie's value. The first opening ends the minute and gives the person the time to sign in. The
    row's lock lets one of two simultaneous answers win.
    """
    row = session.get(
        PushedRequest, fingerprint(request_uri), with_for_update=True, populate_existing=True
    )
    browser_hash = fingerprint(browser)
    row = check_opening(row, client_id=client_id, browser_hash=browser_hash, now=now)
    if row.browser_hash is None:
        row.browser_hash, row.expires_at = browser_hash, now + CONVERSATION_LIFETIME
    return row


def answer_request(row: PushedRequest, *, now: datetime) -> None:
    """The client has its answer, a code or an error: the request is good for no other."""
    row.answered_at = now
