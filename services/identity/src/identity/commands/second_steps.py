"""The second step of the sign-in of staff: the proof of a factor, or the enrolment of the first factor.

A right password makes a row that belongs to the cookie of the browser and to the request of the application. The row is
no session and opens nothing: only a right proof makes a session of it.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from identity.commands import sessions
from identity.commands.changes import void_tokens_of
from identity.commands.sessions import NewSession
from identity.domain import second_factor as rules
from identity.domain.passkeys import methods_of_passkey
from identity.domain.registration import Action
from identity.domain.second_factor import FactorKind
from identity.models import EnrolmentCode, Factor, Person, RecoveryCode, SecondStep
from identity.sealing import fingerprint
from identity.settings import Settings

# Notices of the page. A code that is wrong, used or of another person gets one answer.
WRONG_CODE, EXPIRED, TOO_MANY_CODES = "wrong_code", "expired", "too_many_codes"
WRONG_ENROLMENT_CODE = "wrong_enrolment_code"
_FORGET_STEPS = text(
    """DELETE FROM second_step WHERE ctid IN (SELECT ctid FROM second_step
    WHERE expires_at < :now LIMIT 20 FOR UPDATE SKIP LOCKED)"""
)


@dataclass(frozen=True)
class Proof:
    """What a person shows of a second factor. `take`: spends the proof of the locked person, and returns the methods
    (RFC 8176), or nothing for a wrong proof. `wrong`: the notice of a wrong proof."""

    take: Callable[[Person], Sequence[str]]
    wrong: str


# Makes the row of a new factor, with the person locked; or returns the notice of a refusal.
MakeFactor = Callable[[], Factor | str]


@dataclass(frozen=True)
class Enrolled:
    """A session that began with the enrolment of the first factor. `codes` are the only copy of the recovery codes."""

    signed_in: NewSession
    codes: Sequence[str]


def factors_of(session: Session, person_id: str) -> Sequence[Factor]:
    """Returns the factors of a person, oldest first."""
    statement = select(Factor).where(Factor.person_id == person_id)
    return session.scalars(statement.order_by(Factor.created_at, Factor.factor_id)).all()


def has_one_time_codes(session: Session, person_id: str) -> bool:
    """Returns whether the person has a key for codes by time."""
    return any(one.kind == FactorKind.TOTP for one in factors_of(session, person_id))


def recovery_codes_left(session: Session, person_id: str) -> int:
    """Returns how many recovery codes the person hasn't used."""
    unused = (RecoveryCode.person_id == person_id) & RecoveryCode.used_at.is_(None)
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(unused)) or 0


def begin_step(
    session: Session, person_id: str, *, browser: str, request_hash: bytes, now: datetime
) -> SecondStep:
    """Begins the second step in the browser that has just got the cookie `browser`."""
    session.execute(_FORGET_STEPS, {"now": now})
    row = SecondStep(
        browser_hash=fingerprint(browser),
        person_id=person_id,
        request_hash=request_hash,
        may_enrol=False,
        failures=0,
        created_at=now,
        expires_at=now + rules.SECOND_STEP_LIFETIME,
    )
    session.add(row)
    session.flush()
    return row


def find_step(
    session: Session, browser: str, request_hash: bytes, now: datetime
) -> SecondStep | None:
    """Returns the second step of the browser for this request; None when there is none, or its time is over."""
    row = session.get(SecondStep, fingerprint(browser), populate_existing=True)
    if row is None or row.request_hash != request_hash or now >= row.expires_at:
        return None
    return row


def forget_steps(session: Session, person_id: str) -> None:
    """Ends every second step of a person that is under way."""
    session.execute(delete(SecondStep).where(SecondStep.person_id == person_id))


def finish_with_code(
    session: Session,
    settings: Settings,
    step: SecondStep,
    typed: str,
    *,
    is_recovery: bool,
    now: datetime,
) -> NewSession | str:
    """Begins the session behind a right code. Returns the notice of the page for a refusal."""

    def take(person: Person) -> Sequence[str]:
        if is_recovery:
            is_right = take_recovery_code(session, person, typed, now)
        else:
            is_right = take_one_time_code(session, person.person_id, typed, now)
        return (rules.ONE_TIME_CODE,) if is_right else ()

    proof = Proof(take, WRONG_CODE)
    return finish_step(session, settings, step, proof, now)


def finish_step(
    session: Session, settings: Settings, step: SecondStep, proof: Proof, now: datetime
) -> NewSession | str:
    """Begins the session behind a right proof. Returns the notice of the page for a refusal.

    The person is locked, so that of two simultaneous requests with one proof one succeeds. Failures count for the
    person wherever they come from: somebody who has the password gets few tries. Five failures end the step.
    """
    wall = sessions.wall_of_codes(settings, step.person_id)
    if not sessions.may_try(session, wall, now):
        return TOO_MANY_CODES
    person = lock_person(session, step, now)
    if person is None:
        return EXPIRED
    methods = proof.take(person)
    if not methods:
        sessions.note_failure(session, wall, now)
        step.failures += 1
        if step.failures < rules.SECOND_STEP_TRIES:
            return proof.wrong
        end_step(session, step)
        return EXPIRED
    sessions.forget_failures(session, wall)
    end_step(session, step)
    return sessions.begin_employee_session(session, person, methods, now)


def lock_person(session: Session, step: SecondStep, now: datetime) -> Person | None:
    """Locks the person, then the step: what ends a person's sessions locks them in this order. Returns None when the
    person may not act, or the step was ended meanwhile."""
    person = sessions.lock_active(session, step.person_id, now)
    locked = session.get(
        SecondStep, step.browser_hash, with_for_update=True, populate_existing=True
    )
    return person if locked is not None else None


def end_step(session: Session, step: SecondStep) -> None:
    """Ends the step."""
    session.flush()
    session.execute(delete(SecondStep).where(SecondStep.browser_hash == step.browser_hash))


def take_one_time_code(
    session: Session, person_id: str, typed: str, now: datetime, *, except_factor: str | None = None
) -> bool:
    """Returns whether a code by time is right, and spends its step. The person is locked. The codes of `except_factor`
    don't count."""
    statement = select(Factor).where(
        Factor.person_id == person_id,
        Factor.kind == FactorKind.TOTP,
        Factor.factor_id != (except_factor or ""),
    )
    for factor in session.scalars(statement.execution_options(populate_existing=True)).all():
        secret = str(factor.secret)
        found = rules.find_time_step(secret, typed, now, last_step=factor.last_step)
        if found is not None:
            factor.last_step, factor.last_used_at = found, now
            session.flush()
            return True
    return False


def take_recovery_code(session: Session, person: Person, typed: str, now: datetime) -> bool:
    """Returns whether a recovery code is right and unused. Spends the code, which the journal records: an auditor
    looks there for a stolen list of codes."""
    spent = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person.person_id,
            RecoveryCode.code_hash == fingerprint(rules.clean_code(typed)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.code_hash)
    )
    is_right = spent.one_or_none() is not None
    if is_right:
        work_of(session, person, now).record_change(person, Action.USE_RECOVERY_CODE)
    return is_right


def open_enrolment(session: Session, step: SecondStep, typed: str, now: datetime) -> str | None:
    """Lets the browser enrol behind the right enrolment code, with a new key. Returns the notice of a refusal.

    The code is spent by the enrolment itself, so that a person who closes the page may begin again.
    """
    if factors_of(session, step.person_id):
        return EXPIRED
    code = session.get(EnrolmentCode, step.person_id, with_for_update=True, populate_existing=True)
    if code is None or not _is_open(code, now):
        return WRONG_ENROLMENT_CODE
    if not hmac.compare_digest(code.code_hash, fingerprint(rules.clean_code(typed))):
        code.failures += 1
        return WRONG_ENROLMENT_CODE
    step.may_enrol, step.secret = True, step.secret or rules.new_secret()
    session.flush()
    return None


def _is_open(code: EnrolmentCode, now: datetime) -> bool:
    return now < code.expires_at and code.failures < rules.ENROLMENT_TRIES


def finish_enrolment(
    session: Session, step: SecondStep, make: MakeFactor, now: datetime
) -> Enrolled | str:
    """Enrols the first factor, and begins the session. Every other session of the person ends: it rests on the password
    alone, which may be stolen. Returns the notice of a refusal."""
    if not step.may_enrol:
        return EXPIRED
    person = lock_person(session, step, now)
    if person is None or factors_of(session, step.person_id):
        return EXPIRED
    factor = make()
    if isinstance(factor, str):
        return factor
    spent = delete(EnrolmentCode).where(EnrolmentCode.person_id == person.person_id)
    made_by = session.execute(spent.returning(EnrolmentCode.made_by)).scalar_one_or_none()
    if made_by is None:
        return EXPIRED
    factor.enrolled_by = made_by
    work = work_of(session, person, now)
    add_factor(work, person, factor)
    codes = replace_recovery_codes(session, person.person_id, now)
    end_step(session, step)
    void_tokens_of(work, person, "second factor enrolled")
    # A session that began at the moment of a revocation counts as revoked.
    begins = now + timedelta(microseconds=1)
    signed_in = sessions.begin_employee_session(session, person, methods_of(factor), begins)
    return Enrolled(signed_in, codes)


def begin_proof(
    session: Session, person_id: str, *, browser: str, about: bytes, now: datetime
) -> SecondStep | None:
    """Begins the step of a proof before a change, in an open session. Returns None when the person may not act. The
    person is locked, so that of two simultaneous clicks the later replaces the step of the earlier."""
    if sessions.lock_active(session, person_id, now) is None:
        return None
    return _begin_own_step(session, person_id, browser=browser, about=about, now=now)


def _begin_own_step(
    session: Session, person_id: str, *, browser: str, about: bytes, now: datetime
) -> SecondStep:
    """Begins a step in the place of an earlier step of the browser. The person is locked."""
    session.execute(delete(SecondStep).where(SecondStep.browser_hash == fingerprint(browser)))
    return begin_step(session, person_id, browser=browser, request_hash=about, now=now)


def begin_adding(
    session: Session, person: Person, *, browser: str, about: bytes, now: datetime
) -> SecondStep:
    """Begins the enrolment of one more factor in an open session, for a person who has shown a factor."""
    step = _begin_own_step(session, person.person_id, browser=browser, about=about, now=now)
    step.may_enrol, step.secret = True, rules.new_secret()
    session.flush()
    return step


def finish_adding(
    session: Session, step: SecondStep, make: MakeFactor, now: datetime
) -> str | None:
    """Adds the factor. Returns the notice of a refusal."""
    person = lock_person(session, step, now)
    if person is None or not step.may_enrol:
        return EXPIRED
    factor = make()
    if isinstance(factor, str):
        return factor
    factor.enrolled_by = factors_of(session, person.person_id)[0].enrolled_by
    add_factor(work_of(session, person, now), person, factor)
    end_step(session, step)
    return None


def make_one_time_key(step: SecondStep, typed: str, now: datetime) -> Factor | str:
    """Makes the factor of the step's new key behind the first code of the key. Returns the notice of a refusal."""
    if step.secret is None:
        return EXPIRED
    found = rules.find_time_step(step.secret, typed, now, last_step=None)
    if found is None:
        return WRONG_CODE
    return Factor(kind=FactorKind.TOTP, secret=step.secret, last_step=found)


def methods_of(factor: Factor) -> Sequence[str]:
    """Returns the methods of a sign-in with the factor."""
    if factor.kind == FactorKind.PASSKEY:
        return methods_of_passkey(is_synced=bool(factor.is_synced))
    return (rules.ONE_TIME_CODE,)


def add_one_time_code(work: UnitOfWork, person: Person, secret: str) -> None:
    """Adds a key for codes by time to a person, who is locked."""
    add_factor(work, person, Factor(kind=FactorKind.TOTP, secret=secret))


def add_factor(work: UnitOfWork, person: Person, factor: Factor) -> None:
    """Adds a factor to a person, who is locked. The history names who acts in `work`."""
    factor.factor_id, factor.person_id = new_id(), person.person_id
    factor.created_at = work.now
    work.session.add(factor)
    work.record_change(person, Action.ENROL, details={"kind": str(factor.kind)})
    work.session.flush()


def replace_recovery_codes(session: Session, person_id: str, now: datetime) -> Sequence[str]:
    """Makes new recovery codes in the place of all earlier codes."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = rules.new_recovery_codes()
    for code in codes:
        code_hash = fingerprint(rules.clean_code(code))
        session.add(RecoveryCode(person_id=person_id, code_hash=code_hash, created_at=now))
    session.flush()
    return codes


def work_of(session: Session, person: Person, now: datetime) -> UnitOfWork:
    """Returns the work in which the person acts for herself, at a page of identity."""
    actor = SystemActor(person.person_id, "identity", person.display_name, person.organisation)
    return UnitOfWork(session, actor, now)
