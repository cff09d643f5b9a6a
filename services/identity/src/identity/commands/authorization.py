"""An authorization, from the pushed request to the redeemed code.

The client pushes its request (RFC 9126), one browser opens the request, the answer to the request is given once, and
the client redeems the code once."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import or_, select, text, tuple_
from sqlalchemy.orm import Session

from identity.commands.citizens import claims_of_citizen
from identity.commands.revocations import RECORDED_BY_IDENTITY, revoke
from identity.commands.tokens import lock_subject
from identity.domain.authorization import (
    CODE_LIFETIME,
    CONVERSATION_LIFETIME,
    PUSHED_LIFETIME,
    REQUEST_URI_PREFIX,
    check_opening,
    session_is_current,
)
from identity.domain.errors import OAuthRefusal
from identity.domain.scopes import ClientKind
from identity.domain.token_exchange import SubjectToken
from identity.domain.tokens import RevocationKind, Subject
from identity.models import AuthorizationCode, Person, PushedRequest, Revocation, SignInSession
from identity.sealing import fingerprint

_DELETE_EXPIRED_REQUESTS = text(
    """DELETE FROM pushed_request WHERE ctid IN (SELECT ctid FROM pushed_request
    WHERE expires_at < :now LIMIT 20 FOR UPDATE SKIP LOCKED)"""
)


def push_request(
    session: Session, client_id: str, parameters: Mapping[str, str], *, now: datetime
) -> str:
    """Stores a valid request for a minute. Returns its `request_uri`; the database holds only the hash."""
    session.execute(_DELETE_EXPIRED_REQUESTS, {"now": now})
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
    """Returns the locked request to the browser that opened the request first. Raises `invalid_request_uri` otherwise.

    `browser`: the cookie's value. The first opening ends the minute and gives the person time to sign in. The row's
    lock lets one of two simultaneous answers win.
    """
    row = session.get(
        PushedRequest, fingerprint(request_uri), with_for_update=True, populate_existing=True
    )
    browser_hash = fingerprint(browser)
    row = check_opening(row, client_id=client_id, browser_hash=browser_hash, now=now)
    if row.browser_hash is None:
        row.browser_hash, row.expires_at = browser_hash, now + CONVERSATION_LIFETIME
    return row


def find_pushed_request(session: Session, request_uri: str, client_id: str) -> PushedRequest | None:
    """Returns a client's request, answered or not, while it's kept."""
    row = session.get(PushedRequest, fingerprint(request_uri))
    return row if row is not None and row.client_id == client_id else None


def answer_request(row: PushedRequest, *, now: datetime) -> None:
    """Marks the request as answered, by a code or an error. The request can't be answered again."""
    row.answered_at = now


_NOT_VALID = "The code is not valid."
_DELETE_OLD_CODES = text(
    """DELETE FROM authorization_code WHERE ctid IN (SELECT ctid FROM authorization_code
    WHERE expires_at < :now - interval '1 day' LIMIT 20 FOR UPDATE SKIP LOCKED)"""
)


def issue_code(
    session: Session,
    code: str,
    *,
    client_id: str,
    signed_in: SignInSession,
    redirect_uri: str,
    scopes: Sequence[str],
    audience: str,
    code_challenge: str,
    dpop_jkt: str | None = None,
    now: datetime,
) -> None:
    """Stores a code, which is good for a minute. The row stays for a day, so that a replay is noticed."""
    session.execute(_DELETE_OLD_CODES, {"now": now})
    session.add(
        AuthorizationCode(
            code_hash=fingerprint(code),
            client_id=client_id,
            person_id=signed_in.person_id,
            citizen_id=signed_in.citizen_id,
            sid=signed_in.sid,
            redirect_uri=redirect_uri,
            scope=" ".join(scopes),
            audience=audience,
            code_challenge=code_challenge,
            dpop_jkt=dpop_jkt,
            created_at=now,
            expires_at=now + CODE_LIFETIME,
        )
    )
    session.flush()


def redeem_code(session: Session, code: str, client_id: str, *, now: datetime) -> AuthorizationCode:
    """Redeems the code, even if the request then fails. Raises `invalid_grant`.

    A second use voids the tokens of the session (RFC 6749 section 4.1.2), because one sender wasn't the client.
    The row's lock lets one of two simultaneous uses win.
    """
    statement = (
        select(AuthorizationCode)
        .where(
            AuthorizationCode.code_hash == fingerprint(code),
            AuthorizationCode.client_id == client_id,
        )
        .with_for_update()
    )
    row = session.scalar(statement)
    if row is None:
        raise OAuthRefusal("invalid_grant", _NOT_VALID)
    if row.redeemed_at is not None:
        revoke(
            session,
            RevocationKind.SESSION,
            row.sid,
            reason="an authorization code was used twice",
            recorded_by=RECORDED_BY_IDENTITY,
            now=now,
        )
        raise OAuthRefusal("invalid_grant", _NOT_VALID)
    row.redeemed_at = now
    session.flush()
    if now >= row.expires_at:
        raise OAuthRefusal("invalid_grant", _NOT_VALID)
    return row


Credential = AuthorizationCode | SubjectToken
"""What a client holds of a person's session: a code, or the token of a sign-in."""


def subject_of(
    session: Session, credential: Credential, now: datetime, *, keeps_session: bool = False
) -> Subject:
    """Returns the subject of the credential's next token, as the person is now. Raises OAuthRefusal unless session,
    person and client are current.

    `keeps_session`: the person uses the session, so the session doesn't become idle.
    """
    is_citizen = credential.citizen_id is not None
    subject = _citizen_subject(credential) if is_citizen else _employee_subject(session, credential)
    # Locks people before sessions, as a suspension does.
    lock_subject(session, subject)
    row = session.get(
        SignInSession,
        credential.sid,
        populate_existing=True,
        with_for_update=True if keeps_session else {"read": True},
    )
    if (
        row is None
        or row.subject != subject.person_id
        or not _is_current(row, now)
        or _revoked_since(session, subject, credential.created_at, began_at=row.created_at)
    ):
        raise OAuthRefusal("invalid_grant", _NOT_VALID)
    if keeps_session:
        row.last_used_at = now
    if row.citizen_id is not None:
        # After the lock: an ending delegation is visible here, or voids the token.
        claims = claims_of_citizen(session, row, now)
        subject = replace(subject, attributes=claims)
    return replace(subject, signed_in_at=row.created_at, amr=tuple(row.amr))


def _employee_subject(session: Session, credential: Credential) -> Subject:
    person = session.get_one(Person, credential.person_id)
    return Subject(
        client_id=credential.client_id,
        client_kind=ClientKind.STAFF,
        organisation=person.organisation,
        organisation_kind=person.of.kind,
        municipality=person.of.municipality,
        person_id=person.person_id,
        name=person.display_name,
        attributes=person.attributes,
        second_factor=person.of.second_factor,
        sid=credential.sid,
    )


def _citizen_subject(credential: Credential) -> Subject:
    return Subject(
        client_id=credential.client_id,
        client_kind=ClientKind.CITIZEN,
        person_id=credential.citizen_id,
        sid=credential.sid,
    )


def _is_current(row: SignInSession, now: datetime) -> bool:
    return session_is_current(
        ended_at=row.ended_at, expires_at=row.expires_at, last_used_at=row.last_used_at, now=now
    )


def _revoked_since(
    session: Session, subject: Subject, created_at: datetime, *, began_at: datetime
) -> bool:
    """Returns whether person or organisation was revoked since the session began, which ought to have ended the
    session, or the client since the issue of the credential. The revocation would miss the younger token."""
    of_session = [
        (RevocationKind.SESSION.value, subject.sid),
        (RevocationKind.PERSON.value, subject.person_id),
        (RevocationKind.ORGANISATION.value, subject.organisation),
    ]
    named = tuple_(Revocation.kind, Revocation.value)
    statement = select(Revocation.revocation_id).where(
        or_(
            named.in_(of_session) & (Revocation.recorded_at >= began_at),
            named.in_([(RevocationKind.CLIENT.value, subject.client_id)])
            & (Revocation.recorded_at >= created_at),
        )
    )
    return session.scalar(statement.limit(1)) is not None
