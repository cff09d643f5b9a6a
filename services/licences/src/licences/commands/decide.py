"""Takes applications: of whichever channel, a row and its event, and then the decision or the questions to others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.times import rfc3339
from chassis.data.aggregates import lock
from chassis.data.deadlines import Deadline, set_deadline
from licences.catalogue import office, rules_on
from licences.commands.bill import bill_application, end_unpaid, withdraw_invoice
from licences.commands.end import (
    COMPLETION,
    SYSTEM,
    WAITING,
    drop_pending_work,
    end_uncompleted,
    refuse_after_waiting,
    refuse_application,
)
from licences.commands.gather import gather_facts, record_fact, recorded_facts, request_of
from licences.commands.issue import NOT_VALID, fulfil_application, may_be_issued, reasons_not_issued
from licences.commands.recording import record_application
from licences.domain.applications import UNDECIDED, Action, Status
from licences.domain.decision import ISSUED, NEEDS_OFFICER, REFUSED, Decision, decide, reasons_of
from licences.domain.facts import (
    BODIES,
    AnswerMalformed,
    Fact,
    adds,
    fact_from_answer,
    questions_about,
)
from licences.domain.requests import ISSUE, RENEW
from licences.domain.rules import Rules, fee_total
from licences.models import Application, Ask
from saudi.days import legal_day


def decide_or_ask(session: Session, row: Application, *, asks: bool, now: datetime) -> None:
    if asks and row.request in (ISSUE, RENEW):
        schedule_questions(session, row.application_id, now=now)
    else:
        decide_application(session, row, now=now)


def schedule_questions(session: Session, application_id: str, *, now: datetime) -> None:
    """Has outside bodies asked about the application as soon as a process is free."""
    values: dict[str, Any] = {"due_at": now, "lease_until": None, "attempts": 0, "failures": {}}
    statement = insert(Ask).values(application_id=application_id, **values)
    session.execute(
        statement.on_conflict_do_update(index_elements=[Ask.application_id], set_=values)
    )


CONDITIONS = "conditions"  # the reason of a refusal


def rules_at_submission(session: Session, row: Application) -> Rules:
    """The version that held when the application was submitted: what it was told then is what it's decided by."""
    return rules_on(session, legal_day(row.submitted_at))


def decide_application(
    session: Session, row: Application, *, now: datetime, actor: Actor = SYSTEM
) -> bool:
    """Decides the locked application by what is known now, and does what follows: it's refused, it waits, it goes to
    an officer, it's billed, or what it asks for is issued. Answers whether anything changed. One that isn't undecided
    stays as it is."""
    if Status(row.status) not in UNDECIDED:
        return False
    decision, record = _make_decision(session, row, legal_day(now), now)
    before = _published_state(row)
    _keep_decision(row, decision, record)
    return _carry_out(session, row, decision, before, now=now, actor=actor)


def redecide_approved(session: Session, row: Application, *, now: datetime) -> bool:
    """The locked application is approved and waits for its money, and what the service knows by itself has changed: a
    fine became final, a building permit was cancelled. When a condition isn't satisfied any more the bill is taken
    back, and the new decision holds. Answers whether that was so.

    It's decided as on the day of the approval, and nobody outside is asked again: what they attest has to hold on the
    days of submission and of approval, and the bill may be paid some weeks later."""
    if row.status != Status.AWAITING_PAYMENT or row.decided_at is None:
        return False
    decision, record = _make_decision(session, row, legal_day(row.decided_at), now)
    if decision.outcome == ISSUED:
        return False
    withdraw_invoice(session, row, SYSTEM, "decided-anew", now=now)
    drop_pending_work(session, row)
    before, row.invoice_id, row.decided_at = _published_state(row), None, None
    _keep_decision(row, decision, record)
    return _carry_out(session, row, decision, before, now=now, actor=SYSTEM)


def _make_decision(
    session: Session, row: Application, on: date, now: datetime
) -> tuple[Decision, dict[str, Any]]:
    """The decision by what is known now, and its record with the facts that it was made by: it can be made again."""
    asked = request_of(session, row)
    facts = gather_facts(session, row, asked, on=on, now=now)
    decision = decide(asked, rules_at_submission(session, row), facts, on=on)
    by = {
        "decided_at": rfc3339(now),
        "asked": asked.record(),
        "facts": {name: fact.record() for name, fact in facts.items()},
    }
    return decision, {**decision.record(), **by}


def _published_state(row: Application) -> tuple[Any, ...]:
    """What was told of the decision before."""
    return row.status, row.outcome, row.waits_for, _verdicts(row.decision)


def _keep_decision(row: Application, decision: Decision, record: dict[str, Any]) -> None:
    row.rules, row.outcome = decision.rules, decision.outcome
    row.decision = record
    row.waits_for = decision.waits_for if decision.outcome == WAITING else []
    row.fee_lines = [line.record() for line in decision.fee]
    row.fee_halalas = fee_total(decision.fee)


def _verdicts(decision: Any) -> list[Any]:
    found = decision["findings"] if decision else []
    return [(one["code"], one["satisfied"]) for one in found]


def _carry_out(
    session: Session,
    row: Application,
    decision: Decision,
    before: tuple[Any, ...],
    *,
    now: datetime,
    actor: Actor,
) -> bool:
    findings = row.decision["findings"]
    if decision.outcome == REFUSED:
        row.reasons = reasons_of(findings, decision.broken)
        refuse_application(session, row, actor, CONDITIONS, now=now)
    elif decision.outcome == ISSUED:
        row.reasons, row.reason_code, row.decided_at = [], None, now
        drop_pending_work(session, row)
        if row.fee_halalas:
            bill_application(session, row, rules_at_submission(session, row), actor, now=now)
        elif may_be_issued(session, row, just_decided=True):
            fulfil_application(session, row, actor, now=now)
        else:
            row.reasons = reasons_not_issued(row)
            refuse_application(session, row, actor, NOT_VALID, now=now)
    elif decision.outcome == NEEDS_OFFICER:
        return _send_to_officer(session, row, actor, now=now)
    else:
        return _wait_for_facts(session, row, before, findings, now=now, actor=actor)
    return True


def _send_to_officer(session: Session, row: Application, actor: Actor, *, now: datetime) -> bool:
    """An application that an inspector has stays with him. An officer has some working days from here on; when they
    are over nothing is decided by itself, and his list says so."""
    row.reasons = []
    if Status(row.status) in (Status.IN_REVIEW, Status.INSPECTION):
        return False
    drop_pending_work(session, row)
    row.status = Status.IN_REVIEW.value
    days = rules_at_submission(session, row).parameters.review_days
    row.review_until = office().add_working_days(legal_day(now), days)
    record_application(session, row, actor, Action.DECIDE, "reviewed", now=now)
    return True


def _wait_for_facts(
    session: Session,
    row: Application,
    before: tuple[Any, ...],
    findings: Any,
    *,
    now: datetime,
    actor: Actor,
) -> bool:
    """Tells of the waiting once, and again when it's something else that is waited for."""
    row.reasons = reasons_of(findings, row.waits_for)
    if Status(row.status) in (Status.IN_REVIEW, Status.INSPECTION):
        return False  # the officer who has it sees what's missing
    row.status = Status.WAITING.value
    if before == (row.status, row.outcome, row.waits_for, _verdicts(row.decision)):
        return False
    if before[0] != Status.WAITING:
        days = rules_at_submission(session, row).parameters.waiting_days
        due_at = now + timedelta(days=days)
        set_deadline(session, Application.aggregate_type, row.application_id, WAITING, due_at)
    record_application(session, row, actor, Action.DECIDE, "waiting", now=now)
    return True


def wait_again(session: Session, row: Application, *, now: datetime) -> bool:
    """What the locked application was approved for doesn't hold any more: it waits again, and its time runs. Answers
    whether that is so."""
    if row.status != Status.IN_REVIEW or row.outcome != WAITING:
        return False
    row.review_until = None
    row.status = Status.WAITING.value
    return _wait_for_facts(session, row, (None,), row.decision["findings"], now=now, actor=SYSTEM)


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


def claim_questions(
    session: Session, *, most: int, lease: timedelta, now: datetime
) -> Sequence[str]:
    """The applications whose turn it is, at most so many; nobody else gets them before the lease ends."""
    values = {"now": now, "until": now + lease, "most": most}
    return [str(one) for one in session.scalars(_CLAIM, values)]


def postpone_questions(session: Session, application_id: str, until: datetime) -> None:
    """Leaves an application alone until then whose questions or answers can't be dealt with."""
    statement = update(Ask).where(Ask.application_id == application_id)
    session.execute(statement.values(due_at=until, lease_until=None))


def questions_of(session: Session, application_id: str, *, now: datetime) -> Job:
    """What is to be asked about a claimed application. Raises CannotUnseal, and NotFound for rules that are gone."""
    row = session.get(Application, application_id)
    if row is None or row.body is None or Status(row.status) not in UNDECIDED:
        return Job(application_id, {})
    asked = request_of(session, row)
    today = legal_day(now)
    facts = gather_facts(session, row, asked, on=today, now=now)
    decision = decide(asked, rules_at_submission(session, row), facts, on=today)
    unsettled = [one.code for one in decision.findings if not one.satisfied]
    return Job(application_id, questions_about(asked, unsettled))


def record_answers(session: Session, done: Answers, *, again: timedelta, now: datetime) -> None:
    """Notes the facts and decides anew; what is still waited for is asked again later."""
    key = done.job.application_id
    row = lock(session, Application, key)
    failures, before = dict(done.failures), recorded_facts(session, key)
    for code, answer in done.answers.items():
        try:
            fact = fact_from_answer(BODIES[code], done.job.questions[code], answer, now=now)
        except AnswerMalformed as error:
            failures[code] = str(error)
            continue
        if _is_still_declared(session, row, code, fact) and adds(fact, before.get(fact.name)):
            record_fact(session, key, fact, now=now)
    decide_application(session, row, now=now)
    ask = session.scalar(select(Ask).where(Ask.application_id == key).with_for_update())
    if ask is None:
        return  # it has ended, or is with an officer
    ask.lease_until, ask.failures = None, failures
    ask.due_at = now + again
    # Also without a question: what it waits for may begin on a day, or be told by nobody.
    if Status(row.status) not in UNDECIDED:
        session.delete(ask)


def _is_still_declared(session: Session, row: Application, code: str, fact: Fact) -> bool:
    """Whether the application still declares the number that was asked about: it may have been corrected meanwhile."""
    if row.body is None:
        return False
    question = BODIES[code].question(request_of(session, row)) or {}
    return all(fact.value.get(name) == value for name, value in question.items())


def end_overdue(session: Session, deadline: Deadline, *, now: datetime) -> None:
    """One that waited too long is refused; one that wasn't completed or paid for in time ends. One that has gone on
    meanwhile stays as it is."""
    row = lock(session, Application, deadline.aggregate_id)
    if deadline.kind == WAITING:
        refuse_after_waiting(session, row, now=now)
    elif deadline.kind == COMPLETION:
        end_uncompleted(session, row, now=now)
    elif row.status == Status.AWAITING_PAYMENT:
        withdraw_invoice(session, row, SYSTEM, "unpaid", now=now)
        end_unpaid(session, row, SYSTEM, now=now)
