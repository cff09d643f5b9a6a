"""Sign-in sessions: begun with name and password, resumed by a cookie, ended; with protection against guessing."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, text, tuple_, update
from sqlalchemy.orm import Session

from chassis.data.advisory import try_pair
from chassis.data.aggregates import lock
from identity import passwords
from identity.commands.changes import ACTIVE
from identity.commands.revocations import revoke
from identity.domain import authorization as wall
from identity.domain.authorization import SESSION_LIFETIME, session_is_current
from identity.domain.registration import normal_username
from identity.domain.tokens import RevocationKind
from identity.models import (
    Citizen,
    FailedSignIn,
    Organisation,
    Person,
    Revocation,
    SignInSession,
)
from identity.sealing import fingerprint, keyed_fingerprint
from identity.settings import Settings

_FORGET_FAILURES = text(
    """DELETE FROM failed_sign_in WHERE ctid IN (SELECT ctid FROM failed_sign_in
    WHERE failed_at < :before LIMIT 50 FOR UPDATE SKIP LOCKED)"""
)
_FORGET_SESSIONS = text(
    """DELETE FROM sign_in_session WHERE ctid IN (SELECT ctid FROM sign_in_session
    WHERE expires_at < :before LIMIT 20 FOR UPDATE SKIP LOCKED)"""
)


@dataclass(frozen=True)
class NewSession:
    """A new session. `cookie` is the only copy of its secret."""

    session: SignInSession
    person: Person | Citizen
    cookie: str


def sign_in(
    session: Session,
    settings: Settings,
    *,
    username: str,
    password: str,
    source: str,
    now: datetime,
) -> NewSession | None:
    """Signs a person in. Returns None for a refusal.

    An unknown name, a wrong password, a suspended person and a blocked address look alike and take equally long. The
    password is compared before the person is locked, so that nobody holds the row by guessing; under the lock the
    password has to be the compared one still.
    """
    name = keyed_fingerprint(normal_username(username), "sign-in", settings.encryption_keys())
    allowed = _may_try_name(session, name, source, now)
    statement = select(Person).where(Person.username == normal_username(username))
    person = session.scalar(statement) if "\x00" not in username else None
    right = passwords.is_right(password, person.password_hash if person else None)
    if not allowed:
        return None  # a try during the wait counts as no failure, so the wait doesn't grow
    if not (right and person) or not _lock_unchanged(session, person, now):
        _note_failure(session, name, source, now)
        return None
    session.execute(
        delete(FailedSignIn).where(
            FailedSignIn.username_hash == name, FailedSignIn.source == source
        )
    )
    _note_sign_in(session, person, password, now)
    return begin_session(session, person, now)


def _may_try_name(session: Session, name: bytes, source: str, now: datetime) -> bool:
    """Returns whether this address may try this name. Locks the pair, so that parallel guesses are counted too."""
    if not try_pair(session, name.hex(), source):
        return False
    here = FailedSignIn.source == source
    of_name = select(func.count(), func.max(FailedSignIn.failed_at)).where(
        here, FailedSignIn.username_hash == name, FailedSignIn.failed_at > now - wall.NAME_WINDOW
    )
    of_source = select(func.count()).where(here, FailedSignIn.failed_at > now - wall.SOURCE_WINDOW)
    failures, last = session.execute(of_name).one()
    return not wall.is_blocked(
        failures_of_name=failures,
        since_last=now - last if last else None,
        failures_of_source=session.scalar(of_source) or 0,
    )


def _lock_unchanged(session: Session, person: Person, now: datetime) -> bool:
    """Locks the organisation and the person. Returns whether both may act, the password is the one that was compared,
    and nothing was revoked since the sign-in began: a change that was committed meanwhile has ended the sessions before
    this one begins."""
    compared = person.password_hash
    organisation = select(Organisation.status).where(Organisation.code == person.organisation)
    of_organisation = session.scalar(organisation.with_for_update(read=True))
    locked = lock(session, Person, person.person_id)
    names = [
        (RevocationKind.PERSON.value, person.person_id),
        (RevocationKind.ORGANISATION.value, person.organisation),
    ]
    revoked = select(Revocation.revocation_id).where(
        tuple_(Revocation.kind, Revocation.value).in_(names), Revocation.recorded_at >= now
    )
    may_act = locked.status == of_organisation == ACTIVE and locked.password_hash == compared
    return may_act and session.scalar(revoked.limit(1)) is None


def _note_sign_in(session: Session, person: Person, password: str, now: datetime) -> None:
    """Notes the sign-in without a new version, because a sign-in is no change of the aggregate and may run beside
    one."""
    statement_of_person = update(Person).where(Person.person_id == person.person_id)
    session.execute(statement_of_person.values(last_sign_in_at=now))
    if passwords.is_outdated(person.password_hash):
        new_hash = passwords.hash_password(password)
        session.execute(statement_of_person.values(password_hash=new_hash))


def _note_failure(session: Session, name: bytes, source: str, now: datetime) -> None:
    session.execute(_FORGET_FAILURES, {"before": now - wall.NAME_WINDOW})
    session.add(FailedSignIn(username_hash=name, source=source, failed_at=now))
    session.flush()


def begin_session(
    session: Session,
    person: Person | Citizen,
    now: datetime,
    *,
    evidence: Mapping[str, str] | None = None,
) -> NewSession:
    """Begins a session with a new secret, after the proof of identity."""
    session.execute(_FORGET_SESSIONS, {"before": now})
    cookie = secrets.token_urlsafe(32)
    row = SignInSession(
        sid=secrets.token_urlsafe(16),
        cookie_hash=fingerprint(cookie),
        person_id=person.person_id if isinstance(person, Person) else None,
        citizen_id=person.citizen_id if isinstance(person, Citizen) else None,
        evidence=dict(evidence) if evidence else None,
        created_at=now,
        last_used_at=now,
        expires_at=now + SESSION_LIFETIME,
        confirmed={},
    )
    session.add(row)
    session.flush()
    return NewSession(row, person, cookie)


def resume_any_session(
    session: Session, cookie: str | None, now: datetime
) -> tuple[SignInSession, Person | Citizen] | None:
    """Returns the session of a cookie, of an employee or a citizen."""
    return resume_employee(session, cookie, now) or resume_citizen(session, cookie, now)


def resume_citizen(
    session: Session, cookie: str | None, now: datetime
) -> tuple[SignInSession, Citizen] | None:
    """Returns a citizen's current session by its cookie, and the active citizen; else None."""
    if not cookie:
        return None
    statement = (
        select(SignInSession, Citizen)
        .join(Citizen, Citizen.citizen_id == SignInSession.citizen_id)
        .where(SignInSession.cookie_hash == fingerprint(cookie))
    )
    found = session.execute(statement).one_or_none()
    if found is None:
        return None
    row, citizen = found
    if not _is_current(row, now) or citizen.status != ACTIVE:
        return None
    row.last_used_at = now
    return row, citizen


def _is_current(row: SignInSession, now: datetime) -> bool:
    return session_is_current(
        ended_at=row.ended_at, expires_at=row.expires_at, last_used_at=row.last_used_at, now=now
    )


def resume_employee(
    session: Session, cookie: str | None, now: datetime
) -> tuple[SignInSession, Person] | None:
    """Returns an employee's current session by its cookie, and the active person; else None. The use keeps the session
    from becoming idle."""
    if not cookie:
        return None
    statement = (
        select(SignInSession, Person)
        .join(Person, Person.person_id == SignInSession.person_id)
        .where(SignInSession.cookie_hash == fingerprint(cookie))
    )
    found = session.execute(statement).one_or_none()
    if found is None:
        return None
    row, person = found
    if not _is_current(row, now) or person.status != ACTIVE or person.of.status != ACTIVE:
        return None
    row.last_used_at = now
    return row, person


def confirm_scopes(row: SignInSession, client_id: str, scopes: Sequence[str]) -> None:
    """Remembers that the person has seen these scopes named for this client in this session."""
    row.confirmed = {
        **row.confirmed,
        client_id: sorted({*row.confirmed.get(client_id, ()), *scopes}),
    }


def sign_out(session: Session, row: SignInSession, *, now: datetime) -> None:
    """Ends the session and voids the tokens that came from it."""
    revoke(
        session,
        RevocationKind.SESSION,
        row.sid,
        reason="signed out",
        recorded_by=row.subject,
        now=now,
    )
