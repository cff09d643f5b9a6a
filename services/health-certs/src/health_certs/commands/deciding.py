"""Decides requests: by what is known now, as often as something becomes known, until they end."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import and_
from sqlalchemy.orm import Session

from chassis.core import telemetry
from chassis.data.aggregates import lock_where
from chassis.data.deadlines import set_deadline
from chassis.data.sealed import keys_of
from health_certs.commands import ending, issuing
from health_certs.commands.gathering import asked_of, facts_of, facts_of_all, public_facts_of
from health_certs.commands.recording import SYSTEM, record_request
from health_certs.domain.decision import Decision, decide, end_reason
from health_certs.domain.requests import Reason
from health_certs.models import Request
from saudi.days import RIYADH, legal_day

EDUCATION = "education"  # a kind of deadlines


def decision_of(session: Session, row: Request, *, now: datetime) -> Decision:
    """What is missing by now."""
    return decide(asked_of(row), facts_of(session, row), on=legal_day(now))


def public_decision_of(session: Session, row: Request, *, now: datetime) -> Decision:
    """The same for those who may not know a result: its state is right, as the examination is missing last."""
    return decide(asked_of(row), public_facts_of(session, row), on=legal_day(now))


def decide_again(session: Session, row: Request, *, now: datetime) -> bool:
    """Decides the locked request after everybody may know what changed: it's issued, or its public state moves on.
    Answers whether anything changed. One that has ended stays as it is."""
    return bool(_decide_again(session, [row], now=now))


def _decide_again(session: Session, rows: Sequence[Request], *, now: datetime) -> int:
    """The same of several; how many changed. Those that are complete are issued together, after all else: whatever a
    transaction may have to wait for, it waits for before it has a number."""
    moved, complete = 0, []
    for row in rows:
        if row.ended_at is not None:
            continue
        watch_education(session, row)
        decision = decision_of(session, row, now=now)
        if decision.issues:
            complete.append(row)
        elif row.status != decision.status:
            row.status = decision.status.value
            record_request(session, row, SYSTEM, "decide", "moved", now=now)
            moved += 1
    issuing.issue(session, complete, now=now)
    return moved + len(complete)


def watch_education(session: Session, row: Request) -> None:
    """Health education that ends while the request may still be open is missed on that day, and not at the next event
    of another kind: a result that comes then would be told by it."""
    found = facts_of(session, row).education
    if found is not None and asked_of(row).course is not None:
        over_at = datetime.combine(found.valid_until + timedelta(days=1), time(), RIYADH)
        if row.submitted_at < over_at < row.completed_until:
            set_deadline(session, Request.aggregate_type, row.request_id, EDUCATION, over_at)


def examined(session: Session, rows: Sequence[Request], *, now: datetime) -> None:
    """Of each of the locked requests a result was entered or corrected. Fit, with all else there, issues; a correction
    to unfit after the issue cancels the certificate; anything else changes nothing that anybody could see, not even
    what has meanwhile become due for another cause. What follows is in no trace of the result's: a cancellation would
    be told by it from those of other wills."""
    facts, complete = facts_of_all(session, rows), []
    with telemetry.apart("decide"):
        for row in rows:
            found = facts[row.request_id]
            if row.certificate_id is not None:
                if found.examination is None or not found.examination.fit:
                    ending.cancel_for_result(session, row, now=now)
            elif row.ended_at is None and decide(asked_of(row), found, on=legal_day(now)).issues:
                complete.append(row)
        issuing.issue(session, complete, now=now)


def examination_due(session: Session, row: Request, *, now: datetime) -> None:
    """The time for the locked request's examination is over: without a fit result it ends, and whether there was
    another one or none looks alike."""
    if row.ended_at is None and not _fits(session, row):
        ending.end(session, row, _reason(session, row, now=now), SYSTEM, now=now)


def completion_due(session: Session, row: Request, *, now: datetime) -> None:
    """The time of the locked request is over: what hasn't been issued by now ends."""
    if row.ended_at is None:
        ending.end(session, row, _reason(session, row, now=now), SYSTEM, now=now)


def _fits(session: Session, row: Request) -> bool:
    found = facts_of(session, row).examination
    return found is not None and found.fit


def _reason(session: Session, row: Request, *, now: datetime) -> Reason:
    asked, facts = asked_of(row), facts_of(session, row)
    return end_reason(facts, decide(asked, facts, on=legal_day(now)))


def of_worker(session: Session, number: str, *, now: datetime) -> int:
    """Decides the open requests of a worker anew; answers how many there are. All are locked before the first is
    decided, in the order of their ids."""
    open_ones = and_(
        Request.worker_key.in_(keys_of(session).index.keys(number)), Request.ended_at.is_(None)
    )
    rows = lock_where(session, Request, open_ones)
    _decide_again(session, rows, now=now)
    return len(rows)
