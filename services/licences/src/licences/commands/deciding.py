"""Decides applications: by what is known now, as often as something becomes known, until the outcome is an end."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor, SystemActor
from chassis.core.times import rfc3339
from chassis.data.deadlines import drop_deadlines, set_deadline
from licences import rulebook
from licences.catalogue import office
from licences.commands import billing, issuing
from licences.commands.gathering import asked_now, facts_of
from licences.commands.recording import record_application
from licences.domain import fees
from licences.domain.applications import UNDECIDED, Action, Status
from licences.domain.decision import ISSUED, NEEDS_OFFICER, REFUSED, Decision, decide
from licences.domain.explaining import reasons_of
from licences.domain.rules import Rules
from licences.models import Application, Ask, Inspection
from saudi.days import legal_day

SYSTEM = SystemActor("licences", "licences")
WAITING, PAYMENT = "waiting", "payment"  # kinds of deadlines
CONDITIONS, TOO_LONG = "conditions", "waited-too-long"  # reasons of a refusal


def rules_for(session: Session, row: Application) -> Rules:
    """The version that held when the application was submitted: what it was told then is what it's decided by."""
    return rulebook.rules_of(session, legal_day(row.submitted_at))


def decide_again(
    session: Session, row: Application, *, now: datetime, actor: Actor = SYSTEM
) -> bool:
    """Decides the locked application by what is known now, and does what follows: it's refused, it waits, it goes to
    an officer, it's billed, or what it asks for is issued. Answers whether anything changed. One that isn't undecided
    stays as it is."""
    if Status(row.status) not in UNDECIDED:
        return False
    decision, record = _decide(session, row, legal_day(now), now)
    before = _told(row)
    _keep(row, decision, record)
    return _follow(session, row, decision, before, now=now, actor=actor)


def look_again(session: Session, row: Application, *, now: datetime) -> bool:
    """The locked application is approved and waits for its money, and what the service knows by itself has changed: a
    fine became final, a building permit was cancelled. When a condition isn't satisfied any more the bill is taken
    back, and the new decision holds. Answers whether that was so.

    It's decided as on the day of the approval, and nobody outside is asked again: what they attest has to hold on the
    days of submission and of approval, and the bill may be paid some weeks later."""
    if row.status != Status.AWAITING_PAYMENT or row.decided_at is None:
        return False
    decision, record = _decide(session, row, legal_day(row.decided_at), now)
    if decision.outcome == ISSUED:
        return False
    billing.withdraw_invoice(session, row, SYSTEM, "decided-anew", now=now)
    drop_work(session, row)
    before, row.invoice_id, row.decided_at = _told(row), None, None
    _keep(row, decision, record)
    return _follow(session, row, decision, before, now=now, actor=SYSTEM)


def _decide(
    session: Session, row: Application, on: date, now: datetime
) -> tuple[Decision, dict[str, Any]]:
    """The decision by what is known now, and its record with the facts that it was made by: it can be made again."""
    asked = asked_now(session, row)
    facts = facts_of(session, row, asked, on=on, now=now)
    decision = decide(asked, rules_for(session, row), facts, on=on)
    by = {
        "decided_at": rfc3339(now),
        "asked": asked.record(),
        "facts": {name: fact.record() for name, fact in facts.items()},
    }
    return decision, {**decision.record(), **by}


def _told(row: Application) -> tuple[Any, ...]:
    """What was told of the decision before."""
    return row.status, row.outcome, row.waits_for, _findings(row.decision)


def _keep(row: Application, decision: Decision, record: dict[str, Any]) -> None:
    row.rules, row.outcome = decision.rules, decision.outcome
    row.decision = record
    row.waits_for = decision.waits_for if decision.outcome == WAITING else []
    row.fee_lines = [line.record() for line in decision.fee]
    row.fee_halalas = fees.total(decision.fee)


def _findings(decision: Any) -> list[Any]:
    found = decision["findings"] if decision else []
    return [(one["code"], one["satisfied"]) for one in found]


def _follow(
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
        refuse(session, row, actor, CONDITIONS, now=now)
    elif decision.outcome == ISSUED:
        row.reasons, row.reason_code, row.decided_at = [], None, now
        drop_work(session, row)
        if row.fee_halalas:
            billing.bill(session, row, rules_for(session, row), actor, now=now)
        elif issuing.can_fulfil(session, row, just_decided=True):
            issuing.fulfil(session, row, actor, now=now)
        else:
            row.reasons = issuing.why_not(row)
            refuse(session, row, actor, issuing.NOT_VALID, now=now)
    elif decision.outcome == NEEDS_OFFICER:
        return _to_officer(session, row, actor, now=now)
    else:
        return _wait(session, row, before, findings, now=now, actor=actor)
    return True


def _to_officer(session: Session, row: Application, actor: Actor, *, now: datetime) -> bool:
    """An application that an inspector has stays with him. An officer has some working days from here on; when they
    are over nothing is decided by itself, and his list says so."""
    row.reasons = []
    if Status(row.status) in (Status.IN_REVIEW, Status.INSPECTION):
        return False
    drop_work(session, row)
    row.status = Status.IN_REVIEW.value
    days = rules_for(session, row).parameters.review_days
    row.review_until = office().add_working_days(legal_day(now), days)
    record_application(session, row, actor, Action.DECIDE, "reviewed", now=now)
    return True


def _wait(
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
    if before == (row.status, row.outcome, row.waits_for, _findings(row.decision)):
        return False
    if before[0] != Status.WAITING:
        days = rules_for(session, row).parameters.waiting_days
        due_at = now + timedelta(days=days)
        set_deadline(session, Application.aggregate_type, row.application_id, WAITING, due_at)
    record_application(session, row, actor, Action.DECIDE, "waiting", now=now)
    return True


def wait_after_approval(session: Session, row: Application, *, now: datetime) -> bool:
    """What the locked application was approved for doesn't hold any more: it waits again, and its time runs. Answers
    whether that is so."""
    if row.status != Status.IN_REVIEW or row.outcome != WAITING:
        return False
    row.review_until = None
    row.status = Status.WAITING.value
    return _wait(session, row, (None,), row.decision["findings"], now=now, actor=SYSTEM)


def refuse(
    session: Session,
    row: Application,
    actor: Actor,
    reason_code: str,
    *,
    now: datetime,
    note: str | None = None,
) -> None:
    """Ends the application; `row.reasons` say why."""
    row.status, row.reason_code = Status.REFUSED.value, reason_code
    row.waits_for, row.decided_at = [], now
    close(session, row, now=now)
    record_application(session, row, actor, Action.REFUSE, "refused", now=now, note=note)


def close(session: Session, row: Application, *, now: datetime) -> None:
    """Nothing more happens to it by itself."""
    row.closed_at = now
    drop_work(session, row)
    drop_visits(session, row)


def drop_work(session: Session, row: Application) -> None:
    """Nobody is asked about it any more, and no time runs."""
    row.review_until = None
    with session.no_autoflush:  # the row is written once, with its new version
        session.execute(delete(Ask).where(Ask.application_id == row.application_id))
        drop_deadlines(session, Application.aggregate_type, row.application_id)


def drop_visits(session: Session, row: Application) -> None:
    """No inspector goes there for it any more; the visit of an issued licence stays."""
    due = select(Inspection).where(
        Inspection.application_id == row.application_id,
        Inspection.licence_id.is_(None),
        Inspection.result.is_(None),
    )
    with session.no_autoflush:
        for visit in session.scalars(due):
            visit.result = "dropped"


def waited_too_long(session: Session, row: Application, *, now: datetime) -> None:
    """The locked application waited for its whole time: it's refused for what is missing."""
    if row.status == Status.WAITING:
        refuse(session, row, SYSTEM, TOO_LONG, now=now)
