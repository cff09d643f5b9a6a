"""The database part of the worker `bills`: claims due bills, names the call of each bill, stores the outcome.

An attempt is a row that is committed before the call. An attempt without an outcome whose lease is over counts as
unknown, so a process may be killed at any moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.data import calls
from chassis.data.postponed_rows import ROWS_POSTPONED, postpone_row
from chassis.data.sealing import CannotUnseal
from chassis.data.unit_of_work import UnitOfWork
from payments.commands import bills
from payments.commands.recording import BILL_SYSTEM
from payments.domain import registration
from payments.domain.bills import Status, Task
from payments.domain.registration import Call, End, Outcome, Policy, Result, Standing, Step
from payments.models import Attempt, Bill

CALLS = metrics.counter("bill_system_calls_total", "Calls of the bill system", ["call", "outcome"])
LEASE_OVER = "lease-over"
# The result in place of an answer with another bill's number.
NUMBER_TAKEN = Result(Outcome.UNKNOWN, "number-taken")
WORKER = "bills"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Job:
    """A call to make outside any transaction. `bill`: the body of a registration."""

    call: Call
    bill_id: str
    number: int
    bill: dict[str, Any] = field(default_factory=dict, repr=False)


CompletedCall = calls.CompletedCall[Job, Result]


def claim(work: UnitOfWork, policy: Policy, *, limit: int) -> list[Job]:
    """Leases up to `limit` due bills that no other process has, and returns their calls."""
    statement = (
        select(Bill.bill_id)
        .where(Bill.task.is_not(None), Bill.due_at <= work.now)
        .order_by(Bill.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return calls.claim_together(
        work.session,
        work.session.scalars(statement).all(),
        lambda keys: _claim_rows(work, policy, keys),
        worker=WORKER,
        set_due=postpone,
        now=work.now,
    )


def postpone(session: Session, bill_id: str, until: datetime) -> None:
    """Reschedules a bill whose claim or outcome can't be stored."""
    statement = update(Bill).where(Bill.bill_id == bill_id, Bill.due_at.is_not(None))
    session.execute(
        statement.values(due_at=until),
        execution_options={"synchronize_session": False},
    )


def _claim_rows(work: UnitOfWork, policy: Policy, keys: Sequence[str]) -> list[Job]:
    found = select(Bill).where(Bill.bill_id.in_(keys)).execution_options(populate_existing=True)
    rows = {row.bill_id: row for row in work.session.scalars(found)}
    jobs = [job for key in keys if (job := _begin_call(work, rows[key], policy)) is not None]
    work.session.flush()
    return [_with_bill(work.session, job) for job in jobs]


def record(work: UnitOfWork, policy: Policy, done: Sequence[CompletedCall]) -> None:
    """Records the outcomes of calls. A recorded outcome stays as it is.

    All bills are locked before the first outcome is recorded, because an outcome may lock payments.
    """
    keys = {one.job.bill_id for one in done}
    rows = {row.bill_id: row for row in work.lock_where(Bill, Bill.bill_id.in_(keys))}
    for one in sorted(done, key=lambda each: each.job.bill_id):
        row = rows.get(one.job.bill_id)
        attempt = work.session.get(
            Attempt, (one.job.bill_id, one.job.number), populate_existing=True
        )
        if row is None or attempt is None or attempt.outcome is not None:
            continue
        taken = bills.is_number_taken(work.session, row, one.result.bill_number)
        result = NUMBER_TAKEN if taken else one.result
        attempt.ended_at, attempt.outcome = work.now, result.outcome.value
        attempt.detail = result.detail
        CALLS.labels(one.job.call.value, result.outcome.value).inc()
        if one.job.number == row.attempts:
            step = registration.step_after(
                one.job.call, _standing(work.session, row), result, policy=policy, now=work.now
            )
            _apply_step(work, row, step, result)
        if taken:
            _postpone_taken_number(work, row)


def _begin_call(work: UnitOfWork, row: Bill, policy: Policy) -> Job | None:
    last = work.session.get(Attempt, (row.bill_id, row.attempts)) if row.attempts else None
    if last is not None and last.outcome is None:
        # The process was killed, or hangs: the bill system may have the bill.
        last.ended_at, last.outcome, last.detail = work.now, Outcome.UNKNOWN.value, LEASE_OVER
        CALLS.labels(last.call, LEASE_OVER).inc()
        row.unsure = row.unsure or last.call == Call.REGISTER
        work.session.flush()
    call = registration.next_call(_standing(work.session, row))
    if call is None:
        bills.end_bill(work.acting_as(BILL_SYSTEM), row)
        return None
    row.attempts += 1
    row.due_at = registration.lease_ends(policy, work.now)
    work.session.add(
        Attempt(bill_id=row.bill_id, number=row.attempts, call=call.value, began_at=work.now)
    )
    return Job(call, row.bill_id, row.attempts)


def _with_bill(session: Session, job: Job) -> Job:
    """Returns the job with the bill as the bill system gets it. Leaves out a payer who can't be opened: the bill system
    answers for the bill, and other bills go on."""
    if job.call is not Call.REGISTER:
        return job
    row = session.get_one(Bill, job.bill_id)
    body = {
        "reference": row.bill_id,
        "amount_halalas": row.amount_halalas,
        "due_on": row.due_on.isoformat(),
        "municipality": row.municipality,
        "description": [{"ar": one["ar"], "en": one["en"]} for one in row.lines],
    }
    try:
        body["payer"] = session.scalar(select(Bill.payer).where(Bill.bill_id == job.bill_id))
    except CannotUnseal:
        log.error("bill.payer_unreadable")
        body["payer"] = None
    return replace(job, bill=body)


def _standing(session: Session, row: Bill) -> Standing:
    registrations = select(func.max(Attempt.began_at)).where(
        Attempt.bill_id == row.bill_id, Attempt.call == Call.REGISTER.value
    )
    return Standing(
        task=Task(row.task) if row.task else Task.REGISTER,
        unsure=row.unsure,
        giving_up=row.ending is not None or Status(row.status) is Status.SETTLED,
        tries=row.attempts,
        since=session.scalar(registrations),
    )


def _postpone_taken_number(work: UnitOfWork, row: Bill) -> None:
    """Postpones a bill that got the number of another bill. Asking again mends nothing, so a person has to look: the
    bill is postponed, and parked after three days, and both raise an alert."""
    log.error("bill.number_taken", bill=row.bill_id)
    work.session.flush()
    if row.due_at is not None:
        ROWS_POSTPONED.labels(WORKER).inc()
        postpone_row(
            work.session, WORKER, row.bill_id, postpone, reason="number-taken", now=work.now
        )
        work.session.expire(row, ["due_at"])


def _apply_step(work: UnitOfWork, row: Bill, step: Step, result: Result) -> None:
    row.unsure = step.unsure
    if step.end is None:
        row.due_at = step.due_at if row.task else None
    elif step.end is End.ACKNOWLEDGED:
        bills.acknowledge_bill(work, row, result)
    elif step.end is End.PAID_THERE:
        bills.note_paid_at_bill_system(work, row, result)
    elif step.end is End.REFUSED:
        bills.refuse_bill(work, row, result.detail)
    else:
        bills.end_bill(work.acting_as(BILL_SYSTEM), row)
