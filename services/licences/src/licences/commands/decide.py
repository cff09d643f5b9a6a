"""Decides applications by what is known, as often as a fact becomes known, and asks outside bodies for facts.

Questions to outside bodies are claimed in one transaction, asked outside any, and answered in the next transaction,
which decides the application anew. A process that dies in between leaves a lease that runs out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.core.times import rfc3339
from chassis.data.deadlines import Deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.data.wakeup import Channel
from licences.catalogue import office, rules_named, rules_on
from licences.commands.bill import INVOICING, bill_application, end_unpaid, withdraw_invoice
from licences.commands.gather import (
    declaration_of,
    gather_facts,
    record_fact,
    recorded_facts,
    recorded_facts_of,
)
from licences.commands.issue import issue_or_end
from licences.commands.other_licences import lock_replaced_licence
from licences.commands.recording import (
    COMPLETION,
    PAYMENT,
    SYSTEM,
    WAITING,
    drop_pending_work,
    end_withdrawn,
    record_application,
    refuse_application,
    set_end,
)
from licences.domain.applications import UNDECIDED, Action, Status
from licences.domain.decision import (
    ISSUED,
    NEEDS_OFFICER,
    REFUSED,
    Decision,
    decide,
    unsettled_conditions,
)
from licences.domain.declarations import ISSUE, RENEW, Declaration
from licences.domain.explanations import reasons_of
from licences.domain.facts import (
    BODIES,
    DECIDED_BY_BODIES,
    AnswerMalformed,
    Fact,
    Facts,
    adds,
    fact_from_answer,
    questions_about,
)
from licences.domain.missing import asked_of_applicant
from licences.domain.rules import Rules, fee_total
from licences.models import Application, Ask, Licence
from licences.outside import are_bodies_configured
from saudi.days import legal_day

CONDITIONS, TOO_LONG = "conditions", "waited-too-long"  # reasons of a refusal
_WITH_OFFICER = (Status.IN_REVIEW, Status.INSPECTION)
_CLAIM = text(
    """UPDATE ask SET lease_until = :until, attempts = attempts + 1
    WHERE application_id IN (
        SELECT application_id FROM ask
        WHERE due_at <= :now AND (lease_until IS NULL OR lease_until < :now)
        ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING application_id"""
)


def decide_or_ask(work: UnitOfWork, row: Application) -> None:
    """Has outside bodies asked about the submitted application, or decides it at once where nobody is asked."""
    if row.request in (ISSUE, RENEW) and are_bodies_configured(work.session):
        schedule_questions(work, row.application_id)
    else:
        decide_application(work, row)


def decide_application(
    work: UnitOfWork, row: Application, *, recorded: Facts | None = None
) -> bool:
    """Decides the locked application by what is known now, and carries out the decision as the system. Returns whether
    anything changed. A decided application stays as it is. `recorded`: the recorded facts, if they have been read."""
    if Status(row.status) not in UNDECIDED:
        return False
    work = work.acting_as(SYSTEM)
    decision, record = _make_decision(work, row, legal_day(work.now), recorded)
    return _carry_out(work, row, decision, record)


def decision_of_today(work: UnitOfWork, row: Application) -> Decision:
    """Returns how the locked application would be decided by what is known now. Changes nothing."""
    return _make_decision(work, row, legal_day(work.now))[0]


def redecide_approved(work: UnitOfWork, row: Application) -> bool:
    """Decides the locked application anew while its approval waits for the money, because a fact of this service's
    own changed: a fine became final, or a building permit was cancelled. Withdraws the bill and carries out the new
    decision if the application isn't approved any more. Returns whether it did.

    The decision is as on the day of the approval, and nobody outside is asked again: what outside bodies attest has
    to hold on the days of submission and of approval, and the bill may be paid some weeks later.
    """
    work = work.acting_as(SYSTEM)
    if row.status != Status.AWAITING_PAYMENT or row.decided_at is None:
        return False
    decision, record = _make_decision(work, row, legal_day(row.decided_at))
    if decision.outcome == ISSUED:
        return False
    withdraw_invoice(work, row, "decided-anew")
    drop_pending_work(work, row)
    row.invoice_id = row.decided_at = None
    return _carry_out(work, row, decision, record)


def _make_decision(
    work: UnitOfWork, row: Application, on: date, recorded: Facts | None = None
) -> tuple[Decision, dict[str, Any]]:
    """Returns the decision, and its record with the facts behind it, by which the decision can be made again. The
    licence stays locked that the application is about: nobody stops it between the decision and what follows."""
    if row.licence_id is not None:
        work.lock(Licence, row.licence_id)
    else:
        lock_replaced_licence(work, row)
    declaration = declaration_of(work.session, row)
    facts = gather_facts(work, row, declaration, on=on, recorded=recorded)
    decision = decide(declaration, rules_at_submission(work.session, row), facts, on=on)
    by = {
        "decided_at": rfc3339(work.now),
        "asked": declaration.record(),
        "facts": {name: fact.record() for name, fact in facts.items()},
    }
    return decision, {**decision.record(), **by}


def rules_at_submission(session: Session, row: Application) -> Rules:
    """Returns the rules that held when the application was submitted: the applicant was told these."""
    return rules_on(session, legal_day(row.submitted_at))


def _carry_out(
    work: UnitOfWork, row: Application, decision: Decision, record: dict[str, Any]
) -> bool:
    """Stores the decision, and refuses, approves, sends to an officer, or lets the application wait. Returns whether
    anything changed."""
    before, asked = _published_state(row), asked_of_applicant(row.missing())
    _keep_decision(row, decision, record)
    if decision.outcome == REFUSED:
        row.reasons = reasons_of(row.decision["findings"], decision.broken)
        refuse_application(work, row, CONDITIONS)
    elif decision.outcome == ISSUED:
        _approve(work, row)
    elif decision.outcome == NEEDS_OFFICER:
        return _send_to_officer(work, row)
    else:
        return _wait_for_facts(work, row, before, asked)
    return True


def _published_state(row: Application) -> tuple[Any, ...]:
    """Returns what the last event said of the decision."""
    return row.status, row.outcome, row.waits_for, _verdicts(row.decision)


def _verdicts(decision: Any) -> list[Any]:
    findings = decision["findings"] if decision else []
    return [(finding["code"], finding["satisfied"]) for finding in findings]


def _keep_decision(row: Application, decision: Decision, record: dict[str, Any]) -> None:
    row.rules, row.outcome = decision.rules, decision.outcome
    row.decision = record
    row.waits_for = decision.waits_for if decision.outcome == WAITING else []
    row.fee_lines = [line.record() for line in decision.fee]
    row.fee_halalas = fee_total(decision.fee)


def _approve(work: UnitOfWork, row: Application) -> None:
    """Bills the application, or issues what costs nothing."""
    row.reasons, row.reason_code, row.decided_at = [], None, work.now
    drop_pending_work(work, row)
    with work.session.no_autoflush:  # each row is written once, with its new version
        if row.fee_halalas:
            bill_application(work, row, rules_named(work.session, row.rules or ""))
        else:
            issue_or_end(work, row, just_decided=True)


def _send_to_officer(work: UnitOfWork, row: Application) -> bool:
    """Gives an officer some working days from now on. Nothing is decided by itself when these days are over: the
    officer's list says so. An application that an inspector has stays with the inspector."""
    row.reasons = []
    if Status(row.status) in _WITH_OFFICER:
        return False
    drop_pending_work(work, row)
    row.status = Status.IN_REVIEW.value
    days = rules_named(work.session, row.rules or "").parameters.review_days
    row.review_until = office().add_working_days(legal_day(work.now), days)
    record_application(work, row, Action.DECIDE, "reviewed")
    return True


def _wait_for_facts(
    work: UnitOfWork, row: Application, before: tuple[Any, ...], asked: Any = None
) -> bool:
    """Publishes `waiting` once, and again when the application waits for something else. The applicant is told when the
    wait begins, and when the applicant has something else to give than what was `asked` before. An application that an
    officer has stays with the officer, who sees what is missing."""
    row.reasons = reasons_of(row.decision["findings"], row.waits_for)
    if Status(row.status) in _WITH_OFFICER:
        return False
    row.status = Status.WAITING.value
    if before == _published_state(row):
        return False
    begins = before[0] != Status.WAITING
    if begins:
        days = rules_named(work.session, row.rules or "").parameters.waiting_days
        set_end(work, row, WAITING, timedelta(days=days))
    asks = asked_of_applicant(row.missing())
    news = begins or (asks is not None and asks != asked)
    record_application(work, row, Action.DECIDE, "waiting", to_applicant=news)
    return True


def wait_after_approval(work: UnitOfWork, row: Application) -> None:
    """Lets the locked application wait again, and has outside bodies asked, if an officer approved the application and
    another condition isn't satisfied any more."""
    if row.status != Status.IN_REVIEW or row.outcome != WAITING:
        return
    row.review_until = None
    row.status = Status.WAITING.value
    _wait_for_facts(work.acting_as(SYSTEM), row, (None,))
    if are_bodies_configured(work.session):
        schedule_questions(work, row.application_id)


def end_overdue(work: UnitOfWork, deadline: Deadline) -> None:
    """Refuses an application that waited too long, and ends an application that nobody completed or paid for in time.
    An application that is in another state by now stays as it is."""
    row = work.lock(Application, deadline.aggregate_id)
    if deadline.kind == WAITING and row.status == Status.WAITING:
        refuse_application(work, row, TOO_LONG)
    elif deadline.kind == COMPLETION and row.status == Status.RETURNED:
        end_withdrawn(work, row, "not-completed")
    elif deadline.kind == PAYMENT and row.status == Status.AWAITING_PAYMENT:
        INVOICING.expire(work, row)
        end_unpaid(work, row)


# Asking outside bodies.


@dataclass(frozen=True)
class Job:
    """What is to be asked about an application: body → question."""

    application_id: str
    questions: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Answers:
    """What came back: body → its answer as JSON, and body → why there is no answer."""

    job: Job
    answers: Mapping[str, Any] = field(default_factory=dict, repr=False)
    failures: Mapping[str, str] = field(default_factory=dict)


TO_ASK = Channel("outside")  # wakes the worker that asks outside bodies


def schedule_questions(work: UnitOfWork, application_id: str) -> None:
    """Has outside bodies asked about the application as soon as a process is free."""
    values: dict[str, Any] = {
        "due_at": work.now,
        "lease_until": None,
        "attempts": 0,
        "failures": {},
    }
    statement = insert(Ask).values(application_id=application_id, **values)
    work.session.execute(
        statement.on_conflict_do_update(index_elements=[Ask.application_id], set_=values)
    )
    TO_ASK.wake_after_commit(work.session)


def claim_questions(work: UnitOfWork, *, most: int, lease: timedelta) -> Sequence[str]:
    """Returns at most so many applications that are due. No other process gets them before the lease ends."""
    values = {"now": work.now, "until": work.now + lease, "most": most}
    return [str(key) for key in work.session.scalars(_CLAIM, values)]


def postpone_questions(session: Session, application_id: str, until: datetime) -> None:
    """Postpones the questions about an application that can't be made, or whose answers can't be recorded."""
    statement = update(Ask).where(Ask.application_id == application_id)
    session.execute(statement.values(due_at=until, lease_until=None))


def questions_about_all(work: UnitOfWork, application_ids: Collection[str]) -> list[Job]:
    """Returns what is to be asked about claimed applications. Raises CannotUnseal, and NotFound for rules that are
    gone."""
    session = work.session
    statement = select(Application).where(Application.application_id.in_(application_ids))
    rows = {
        str(row.application_id): row
        for row in session.scalars(statement.execution_options(populate_existing=True))
    }
    facts = recorded_facts_of(session, application_ids)
    return [
        Job(one, _questions_of(work, rows[one], facts[one]) if one in rows else {})
        for one in application_ids
    ]


def _questions_of(work: UnitOfWork, row: Application, facts: Facts) -> dict[str, Mapping[str, str]]:
    """Returns body → question. No decision is needed: the recorded facts settle what bodies are asked about."""
    if row.body is None or Status(row.status) not in UNDECIDED:
        return {}
    declaration = declaration_of(work.session, row)
    rules = rules_at_submission(work.session, row)
    on = legal_day(work.now)
    return questions_about(
        declaration, unsettled_conditions(declaration, rules, facts, DECIDED_BY_BODIES, on=on)
    )


def record_answers(work: UnitOfWork, done: Answers, *, again: timedelta) -> None:
    """Records the answers as facts, and decides the application anew. What is still unknown is asked again later."""
    key = done.job.application_id
    row = work.lock(Application, key)
    declaration = declaration_of(work.session, row) if row.body is not None else None
    failures, facts = dict(done.failures), recorded_facts(work.session, key)
    for code, answer in done.answers.items():
        try:
            fact = fact_from_answer(BODIES[code], done.job.questions[code], answer, now=work.now)
        except AnswerMalformed as error:
            failures[code] = str(error)
            continue
        if _is_declared(declaration, code, fact) and adds(fact, facts.get(fact.name)):
            record_fact(work, key, fact)
            facts[fact.name] = fact
    decided = decide_application(work, row, recorded=facts)
    if Status(row.status) in UNDECIDED:
        _schedule_again(work, row, failures, again)
    elif not decided:  # somebody else decided before; a decision drops the questions itself
        work.session.execute(delete(Ask).where(Ask.application_id == key))


def _is_declared(declaration: Declaration | None, code: str, fact: Fact) -> bool:
    """Returns whether the application still declares the number in the question. It may have been corrected since."""
    if declaration is None:
        return False
    question = BODIES[code].question(declaration) or {}
    return all(fact.value.get(name) == value for name, value in question.items())


def _schedule_again(
    work: UnitOfWork, row: Application, failures: dict[str, str], again: timedelta
) -> None:
    """Schedules the next round while the application is undecided, also without a question: a fact may begin on a day,
    or be published by nobody. Does nothing if an officer has the application: nothing is scheduled any more."""
    statement = update(Ask).where(Ask.application_id == row.application_id)
    due_at = work.now + again
    work.session.execute(statement.values(lease_until=None, failures=failures, due_at=due_at))
