"""The second factors of staff: the policy of an organisation, enrolment codes, and the removal of factors.

One administrator hands over an enrolment code. Two administrators remove the factors of a person; the operator at the
command line is one of them if need be. One administrator withdraws the request.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.refusals import NotFound, not_blank
from chassis.data.unit_of_work import UnitOfWork
from identity.commands import second_steps, sessions
from identity.commands.changes import ACTIVE, void_tokens_of
from identity.commands.second_steps import (
    TOO_MANY_CODES,
    WRONG_CODE,
    Proof,
    factors_of,
    replace_recovery_codes,
    take_one_time_code,
    take_recovery_code,
    work_of,
)
from identity.domain import second_factor as rules
from identity.domain.administration import EVERY_ORGANISATION
from identity.domain.errors import AnotherPersonNeeded, FactorExists, NoFactor, NoResetRequested
from identity.domain.registration import Action
from identity.domain.second_factor import Policy
from identity.models import EnrolmentCode, Factor, FactorReset, Organisation, Person, RecoveryCode
from identity.sealing import fingerprint
from identity.settings import Settings

# The actor of the command line in the journal, who is one of the two of a reset.
OPERATOR = SystemActor("operator", "operator")


def set_policy(work: UnitOfWork, code: str, *, policy: str, reason: str) -> Organisation:
    """Sets whether the people of an organisation have to have a second factor. Raises NotFound.

    Sessions go on: the next sign-in follows the new policy, and services ask for it at the next decision.
    """
    reason = not_blank(reason, "reason")
    organisation = work.lock(Organisation, code)
    details = {"second_factor": [organisation.second_factor, policy]}
    organisation.second_factor = policy
    work.record_change(organisation, Action.SET_SECOND_FACTOR, note=reason, details=details)
    work.session.flush()
    return organisation


def make_enrolment_code(work: UnitOfWork, person_id: str) -> tuple[str, EnrolmentCode]:
    """Makes the code with which a person enrols the first factor, in the place of an earlier code. Returns the only
    copy of the code. Raises NotFound, FactorExists, and AnotherPersonNeeded for the own code: an administrator's stolen
    password would enrol the thief."""
    person = work.lock(Person, person_id)
    if work.actor.subject == person_id:
        raise AnotherPersonNeeded
    if factors_of(work.session, person_id):
        raise FactorExists
    work.session.execute(delete(EnrolmentCode).where(EnrolmentCode.person_id == person_id))
    second_steps.forget_steps(work.session, person_id)
    code = rules.new_paper_code()
    row = EnrolmentCode(
        person_id=person_id,
        code_hash=fingerprint(rules.clean_code(code)),
        made_by=work.actor.subject,
        created_at=work.now,
        expires_at=work.now + rules.ENROLMENT_LIFETIME,
        failures=0,
    )
    work.session.add(row)
    work.record_change(person, Action.MAKE_ENROLMENT_CODE)
    work.session.flush()
    return code, row


def request_reset(work: UnitOfWork, person_id: str, *, reason: str) -> FactorReset:
    """Requests the removal of all factors of a person, in the place of an earlier request. Raises NotFound, NoFactor
    and AnotherPersonNeeded."""
    reason = not_blank(reason, "reason")
    person = work.lock(Person, person_id)
    if not factors_of(work.session, person_id):
        raise NoFactor
    if work.actor.subject == person_id:
        raise AnotherPersonNeeded
    work.session.execute(delete(FactorReset).where(FactorReset.person_id == person_id))
    row = FactorReset(
        person_id=person_id,
        requested_by=work.actor.subject,
        reason=reason,
        requested_at=work.now,
        expires_at=work.now + rules.RESET_LIFETIME,
    )
    work.session.add(row)
    work.record_change(person, Action.REQUEST_FACTOR_RESET, note=reason)
    work.session.flush()
    return row


def withdraw_reset(work: UnitOfWork, person_id: str, *, reason: str) -> Person:
    """Ends the open request for a reset: the person keeps the factors. Every administrator may withdraw a request, the
    person too, because a withdrawal takes nothing from anybody. Raises NotFound and NoResetRequested."""
    reason = not_blank(reason, "reason")
    person = work.lock(Person, person_id)
    request = find_reset(work.session, person_id, work.now)
    if request is None:
        raise NoResetRequested
    details = {"requested_by": request.requested_by}
    work.session.delete(request)
    work.record_change(person, Action.WITHDRAW_FACTOR_RESET, note=reason, details=details)
    work.session.flush()
    return person


def confirm_reset(work: UnitOfWork, person_id: str) -> Person:
    """Removes all factors and recovery codes of a person, and ends the person's sessions. Raises NotFound,
    NoResetRequested, and AnotherPersonNeeded for the administrator who requested the reset, for the person, and where
    one of the two administrators has no own factor of before the request: else the other one sets a colleague's
    password, makes an enrolment code, and acts as the colleague. The request of somebody who is no administrator any
    more doesn't count."""
    person = work.lock(Person, person_id)
    request = find_reset(work.session, person_id, work.now)
    if request is None or not _is_administrator(work.session, request.requested_by):
        raise NoResetRequested
    if work.actor.subject in (request.requested_by, person_id):
        raise AnotherPersonNeeded
    both = (work.actor.subject, request.requested_by)
    if not all(
        _has_own_factor(work.session, one, other, request.requested_at)
        for one, other in (both, both[::-1])
    ):
        raise AnotherPersonNeeded
    details = {"requested_by": request.requested_by}
    _remove_all(work.session, person_id)
    work.record_change(person, Action.RESET_FACTORS, note=request.reason, details=details)
    work.session.flush()
    void_tokens_of(work, person, "second factors reset")
    return person


def _is_administrator(session: Session, subject: str) -> bool:
    """Returns whether the operator, or an active person who administers every organisation, is meant."""
    if subject == OPERATOR.subject:
        return True
    person = session.get(Person, subject, populate_existing=True)
    return (
        person is not None
        and person.status == person.of.status == ACTIVE
        and EVERY_ORGANISATION in person.scopes
    )


def _has_own_factor(session: Session, subject: str, other: str, moment: datetime) -> bool:
    """Returns whether the operator is meant, or a person who had a factor before the moment: behind somebody else's
    enrolment code than the other administrator's, or for a week."""
    return subject == OPERATOR.subject or any(
        factor.created_at
        < moment - (rules.HANDED_OVER_AFTER if factor.enrolled_by == other else timedelta())
        for factor in factors_of(session, subject)
    )


def find_reset(session: Session, person_id: str, now: datetime) -> FactorReset | None:
    """Returns the open request for a reset."""
    row = session.get(FactorReset, person_id, populate_existing=True)
    return row if row is not None and now < row.expires_at else None


def _remove_all(session: Session, person_id: str) -> None:
    for model in (Factor, RecoveryCode, EnrolmentCode, FactorReset):
        session.execute(delete(model).where(model.person_id == person_id))


def factors_state(session: Session, person_id: str, now: datetime) -> dict[str, Any]:
    """Returns what an administrator sees of a person's factors. Raises NotFound."""
    if session.get(Person, person_id) is None:
        raise NotFound
    code = session.get(EnrolmentCode, person_id)
    return {
        "factors": factors_of(session, person_id),
        "recovery_codes_left": second_steps.recovery_codes_left(session, person_id),
        "enrolment_code": code if code is not None and now < code.expires_at else None,
        "reset": find_reset(session, person_id, now),
    }


# What a person does with the own factors, each time behind a proof. A text that is returned is the notice of a refusal.
LAST_FACTOR = "last_factor"


def proof_by_code(
    session: Session, typed: str, now: datetime, *, except_factor: str | None = None
) -> Proof:
    """Returns the proof by a code, one by time or a recovery code. The codes of `except_factor`, which is to be
    removed, don't count."""

    def take(person: Person) -> Sequence[str]:
        is_right = take_one_time_code(
            session, person.person_id, typed, now, except_factor=except_factor
        ) or take_recovery_code(session, person, typed, now)
        return (rules.ONE_TIME_CODE,) if is_right else ()

    return Proof(take, WRONG_CODE)


def check_own_proof(
    session: Session, settings: Settings, person_id: str, proof: Proof, now: datetime
) -> Person | str:
    """Returns the locked person behind a right proof."""
    wall = sessions.wall_of_codes(settings, person_id)
    if not sessions.may_try(session, wall, now):
        return TOO_MANY_CODES
    person = sessions.lock_active(session, person_id, now)
    if person is None:
        return second_steps.EXPIRED
    if not proof.take(person):
        sessions.note_failure(session, wall, now)
        return proof.wrong
    sessions.forget_failures(session, wall)
    return person


def remove_own_factor(
    session: Session,
    settings: Settings,
    person_id: str,
    factor_id: str,
    *,
    proof: Proof,
    now: datetime,
) -> str | None:
    """Removes a factor of the person behind the proof of another factor, and ends the person's sessions.

    What can be refused without a proof is refused before a code is spent.
    """
    locked = sessions.lock_active(session, person_id, now)
    factor = session.get(Factor, factor_id, populate_existing=True)
    if locked is None or factor is None or factor.person_id != person_id:
        return second_steps.EXPIRED
    is_last = len(factors_of(session, person_id)) == 1
    if is_last and _must_have_factor(session, locked):
        return LAST_FACTOR
    person = check_own_proof(session, settings, person_id, proof, now)
    if isinstance(person, str):
        return person
    if is_last:
        _remove_all(session, person_id)
    session.execute(delete(Factor).where(Factor.factor_id == factor_id))
    work = work_of(session, person, now)
    work.record_change(person, Action.REMOVE_FACTOR, details={"kind": factor.kind})
    session.flush()
    void_tokens_of(work, person, "second factor removed")
    return None


def _must_have_factor(session: Session, person: Person) -> bool:
    policy = select(Organisation.second_factor).where(Organisation.code == person.organisation)
    return session.scalar(policy) == Policy.DEMANDED


def make_own_recovery_codes(session: Session, person: Person, now: datetime) -> list[str]:
    """Makes new recovery codes for a person who has shown a factor. Returns the only copy."""
    codes = replace_recovery_codes(session, person.person_id, now)
    work_of(session, person, now).record_change(person, Action.MAKE_RECOVERY_CODES)
    session.flush()
    return list(codes)
