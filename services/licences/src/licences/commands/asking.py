"""Questions to outside bodies: claimed in one transaction, asked outside any, and the answers recorded in the next one,
which decides the application anew. A process that dies in between leaves a lease that runs out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from chassis.data.aggregates import lock
from licences.commands.deciding import decide_again, rules_for
from licences.commands.gathering import asked_now, facts_of, keep_fact, recorded
from licences.domain.applications import UNDECIDED, Status
from licences.domain.decision import decide
from licences.domain.facts import Fact
from licences.domain.outside import BODIES, AnswerMalformed, adds, fact_of, questions
from licences.models import Application, Ask
from saudi.days import legal_day

_CLAIM = text(
    """UPDATE ask SET lease_until = :until, attempts = attempts + 1
    WHERE application_id IN (
        SELECT application_id FROM ask
        WHERE due_at <= :now AND (lease_until IS NULL OR lease_until < :now)
        ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING application_id"""
)


@dataclass(frozen=True)
class Job:
    """What is to be asked about an application: body → question."""

    application_id: str
    questions: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Answers:
    """What came back: body → its answer as JSON, and body → why there's none."""

    job: Job
    answers: Mapping[str, Any] = field(default_factory=dict, repr=False)
    failures: Mapping[str, str] = field(default_factory=dict)


def claim(session: Session, *, most: int, lease: timedelta, now: datetime) -> Sequence[str]:
    """The applications whose turn it is, at most so many; nobody else gets them before the lease ends."""
    values = {"now": now, "until": now + lease, "most": most}
    return [str(one) for one in session.scalars(_CLAIM, values)]


def leave(session: Session, application_id: str, until: datetime) -> None:
    """Leaves an application alone until then whose questions or answers can't be dealt with."""
    statement = update(Ask).where(Ask.application_id == application_id)
    session.execute(statement.values(due_at=until, lease_until=None))


def job_of(session: Session, application_id: str, *, now: datetime) -> Job:
    """What is to be asked about a claimed application. Raises CannotUnseal, and NotFound for rules that are gone."""
    row = session.get(Application, application_id)
    if row is None or row.body is None or Status(row.status) not in UNDECIDED:
        return Job(application_id, {})
    asked = asked_now(session, row)
    today = legal_day(now)
    facts = facts_of(session, row, asked, on=today, now=now)
    decision = decide(asked, rules_for(session, row), facts, on=today)
    unsettled = [one.code for one in decision.findings if not one.satisfied]
    return Job(application_id, questions(asked, unsettled))


def record(session: Session, done: Answers, *, again: timedelta, now: datetime) -> None:
    """Notes the facts and decides anew; what is still waited for is asked again later."""
    key = done.job.application_id
    row = lock(session, Application, key)
    failures, before = dict(done.failures), recorded(session, key)
    for code, answer in done.answers.items():
        try:
            fact = fact_of(BODIES[code], done.job.questions[code], answer, now=now)
        except AnswerMalformed as error:
            failures[code] = str(error)
            continue
        if _is_about(session, row, code, fact) and adds(fact, before.get(fact.name)):
            keep_fact(session, key, fact, now=now)
    decide_again(session, row, now=now)
    ask = session.scalar(select(Ask).where(Ask.application_id == key).with_for_update())
    if ask is None:
        return  # it has ended, or is with an officer
    ask.lease_until, ask.failures = None, failures
    ask.due_at = now + again
    # Also without a question: what it waits for may begin on a day, or be told by nobody.
    if Status(row.status) not in UNDECIDED:
        session.delete(ask)


def _is_about(session: Session, row: Application, code: str, fact: Fact) -> bool:
    """Whether the application still declares the number that was asked about: it may have been corrected meanwhile."""
    if row.body is None:
        return False
    question = BODIES[code].question(asked_now(session, row)) or {}
    return all(fact.value.get(name) == value for name, value in question.items())
