"""Sign-in sessions: begun behind name, password and a second factor, resumed by a cookie, ended; with protection
against guessing."""

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
from identity.domain.authorization import (
    NAME_WINDOW,
    SESSION_LIFETIME,
    SOURCE_WINDOW,
    is_blocked,
    session_is_current,
)
from identity.domain.registration import normal_username
from identity.domain.second_factor import ENROLMENT_TRIES, NextStep, methods
from identity.domain.second_factor import step_after_password as rule_after_password
from identity.domain.tokens import RevocationKind
from identity.models import (
    Citizen,
    EnrolmentCode,
    Factor,
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


@dataclass(frozen=True)
class SecondStepAhead:
    """A right password of a person who has to show a second factor, or to enrol one. There's no session yet."""

    person: Person
    next_step: NextStep


@dataclass(frozen=True)
class SimultaneousSignIn:
    """Another sign-in by the same name and source is under way, so this one was neither judged nor counted."""


@dataclass(frozen=True)
class Wall:
    """The pair for which failures count: the keyed hash of a name, and a source."""

    name: bytes
    source: str


def sign_in(
    session: Session,
    settings: Settings,
    *,
    username: str,
    password: str,
    source: str,
    now: datetime,
) -> NewSession | SecondStepAhead | SimultaneousSignIn | None:
    """Signs a person in by the password, or up to the second factor. Returns None for a refusal, and
    SimultaneousSignIn for any password while another sign-in of the name is under way.

    An unknown name, a wrong password, a suspended person and a blocked address look alike and take equally long. The
    password is compared before the person is locked, so that nobody holds the row by guessing; under the lock the
    password has to be the compared one still.
    """
    name = keyed_fingerprint(normal_username(username), "sign-in", settings.encryption_keys())
    wall = Wall(name, source)
    is_first = _lock_wall(session, wall)
    allowed = is_first and not _is_blocked(session, wall, now)
    statement = select(Person).where(Person.username == normal_username(username))
    person = session.scalar(statement) if "\x00" not in username else None
    right = passwords.is_right(password, person.password_hash if person else None)
    if not is_first:
        return SimultaneousSignIn()
    if not allowed:
        return None  # a try during the wait counts as no failure, so the wait doesn't grow
    if not (right and person) or not _lock_unchanged(session, person, now):
        note_failure(session, wall, now)
        return None
    forget_failures(session, wall)
    _renew_hash(session, person, password)
    next_step = step_after_password(session, person, now)
    if next_step != NextStep.SESSION:
        return SecondStepAhead(person, next_step)
    return begin_employee_session(session, person, (), now)


def wall_of_codes(settings: Settings, person_id: str) -> Wall:
    """Returns the wall against guessing a person's codes, one for all addresses."""
    name = keyed_fingerprint(person_id, "second-step", settings.encryption_keys())
    return Wall(name, _source_of_codes(person_id))


def forget_failures_with_codes(session: Session, person_id: str) -> None:
    """Forgets the failures with the person's codes: nobody reaches the codes by the password of before any more."""
    source = _source_of_codes(person_id)
    session.execute(delete(FailedSignIn).where(FailedSignIn.source == source))


def _source_of_codes(person_id: str) -> str:
    return f"second step of {person_id}"


def may_try(session: Session, wall: Wall, now: datetime) -> bool:
    """Returns whether this source may try this name. Locks the pair, so that parallel guesses are counted too."""
    return _lock_wall(session, wall) and not _is_blocked(session, wall, now)


def _lock_wall(session: Session, wall: Wall) -> bool:
    """Locks the pair without waiting. Returns False when another try of the pair is under way."""
    return try_pair(session, wall.name.hex(), wall.source)


def _is_blocked(session: Session, wall: Wall, now: datetime) -> bool:
    here = FailedSignIn.source == wall.source
    of_name = select(func.count(), func.max(FailedSignIn.failed_at)).where(
        here, FailedSignIn.username_hash == wall.name, FailedSignIn.failed_at > now - NAME_WINDOW
    )
    of_source = select(func.count()).where(here, FailedSignIn.failed_at > now - SOURCE_WINDOW)
    failures, last = session.execute(of_name).one()
    return is_blocked(
        failures_of_name=failures,
        since_last=now - last if last else None,
        failures_of_source=session.scalar(of_source) or 0,
    )


def note_failure(session: Session, wall: Wall, now: datetime) -> None:
    """Counts a failure."""
    session.execute(_FORGET_FAILURES, {"before": now - NAME_WINDOW})
    session.add(FailedSignIn(username_hash=wall.name, source=wall.source, failed_at=now))
    session.flush()


def forget_failures(session: Session, wall: Wall) -> None:
    """Forgets the failures behind a success."""
    session.execute(
        delete(FailedSignIn).where(
            FailedSignIn.username_hash == wall.name, FailedSignIn.source == wall.source
        )
    )


def lock_active(session: Session, person_id: str, now: datetime) -> Person | None:
    """Returns the person, locked, if person and organisation may act and nothing was revoked meanwhile; else None."""
    person = session.get_one(Person, person_id, populate_existing=True)
    return person if _lock_unchanged(session, person, now) else None


def _lock_unchanged(session: Session, person: Person, now: datetime) -> bool:
    """Locks the organisation and the person. Returns whether both may act, the password is the one that was compared,
    and nothing was revoked since the sign-in began: a change that was committed meanwhile has ended the sessions before
    this one begins."""
    compared = person.password_hash
    organisation = select(Organisation.status).where(Organisation.code == person.organisation)
    of_organisation = session.scalar(organisation.with_for_update(read=True))
    locked = lock(session, Person, person.person_id)
    may_act = locked.status == of_organisation == ACTIVE and locked.password_hash == compared
    return may_act and not was_revoked_since(
        session,
        now,
        (RevocationKind.PERSON, person.person_id),
        (RevocationKind.ORGANISATION, person.organisation),
    )


def was_revoked_since(
    session: Session, since: datetime, *names: tuple[RevocationKind, str]
) -> bool:
    """Returns whether one of these names was revoked at that moment or later: the tokens of a session that began at
    that moment are refused."""
    revoked = select(Revocation.revocation_id).where(
        tuple_(Revocation.kind, Revocation.value).in_(names), Revocation.recorded_at >= since
    )
    return session.scalar(revoked.limit(1)) is not None


def _renew_hash(session: Session, person: Person, password: str) -> None:
    if passwords.is_outdated(person.password_hash):
        new_hash = passwords.hash_password(password)
        statement = update(Person).where(Person.person_id == person.person_id)
        session.execute(statement.values(password_hash=new_hash))


def step_after_password(session: Session, person: Person, now: datetime) -> NextStep:
    """Returns the step after a right password of the person, who is locked."""
    factors = select(func.count()).where(Factor.person_id == person.person_id)
    open_codes = select(func.count()).where(
        EnrolmentCode.person_id == person.person_id,
        EnrolmentCode.expires_at > now,
        EnrolmentCode.failures < ENROLMENT_TRIES,
    )
    policy = select(Organisation.second_factor).where(Organisation.code == person.organisation)
    return rule_after_password(
        has_factor=bool(session.scalar(factors)),
        policy=str(session.scalar(policy)),
        has_open_code=bool(session.scalar(open_codes)),
    )


def begin_employee_session(
    session: Session, person: Person, second: Sequence[str], now: datetime
) -> NewSession:
    """Begins the session of an employee who has shown everything. `second`: the methods beside the password.

    The sign-in is noted without a new version, because a sign-in is no change of the aggregate and may run beside one.
    """
    noted = update(Person).where(Person.person_id == person.person_id)
    session.execute(noted.values(last_sign_in_at=now))
    return begin_session(session, person, now, amr=methods(*second))


def begin_session(
    session: Session,
    person: Person | Citizen,
    now: datetime,
    *,
    evidence: Mapping[str, str] | None = None,
    amr: Sequence[str] = (),
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
        amr=list(amr),
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


def resume_to_change(
    session: Session, cookie: str | None, now: datetime
) -> tuple[SignInSession, Person] | None:
    """Returns what `resume_employee` does, with the person locked first: whoever ends the sessions of a person locks in
    this order too."""
    of_cookie = select(SignInSession.person_id).where(
        SignInSession.cookie_hash == fingerprint(cookie or "")
    )
    person_id = session.scalar(of_cookie)
    if person_id is None or lock_active(session, person_id, now) is None:
        return None
    return resume_employee(session, cookie, now)


def confirm_scopes(row: SignInSession, client_id: str, scopes: Sequence[str]) -> None:
    """Remembers that the person has seen these scopes named for this client in this session."""
    row.confirmed = {
        **row.confirmed,
        client_id: sorted({*row.confirmed.get(client_id, ()), *scopes}),
    }


def end_session(session: Session, sid: str, *, now: datetime) -> None:
    """Ends a session in which the person signs out, and voids the tokens that came from it. A session that another
    window ended meanwhile, or that was forgotten, has ended already."""
    session.flush()  # the use of the session, which the next line would drop
    row = session.get(SignInSession, sid, with_for_update=True, populate_existing=True)
    if row is None or row.ended_at is not None:
        return
    revoke(
        session,
        RevocationKind.SESSION,
        row.sid,
        reason="signed out",
        recorded_by=row.subject,
        now=now,
    )
