"""Decisions by a person who had no part in the violation, and what follows from them and from judgments."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.core.refusals import not_blank
from chassis.data.unit_of_work import UnitOfWork
from licences.catalogue import violation_table
from licences.commands.redecide import lock_for_violation, redecide_for_violation, redecide_locked
from licences.commands.supervise import reopen_licence
from licences.commands.violations.pay import bill_fine, waive_fine
from licences.commands.violations.recording import (
    CLOSING,
    CORRECTION,
    DECISION,
    add_note,
    course_of,
    lock_violation,
    plan_day,
    record_violation_change,
    require_another_person,
    set_course,
    set_fine,
)
from licences.domain import violations
from licences.domain.fines import fine_of
from licences.domain.violations import Action, Course, NotReducible, Status
from licences.models import Licence, Objection, Violation
from saudi.days import legal_day

_HAPPENED = {Action.UPHOLD: "upheld", Action.REDUCE: "reduced", Action.CANCEL: "cancelled"}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`outcome`: uphold, reduce or cancel. `reduce_to`: the share in per cent that stays, one of the table's."""

    outcome: str
    reasons: str
    reduce_to: int | None = None


def decide_objection(work: UnitOfWork, violation_id: str, verdict: Verdict) -> Violation:
    """Decides the open objection. Publishes `upheld`, `reduced` or `cancelled`. Raises AnotherPerson, NotReducible."""
    row = lock_violation(work, violation_id)
    violations.require(course_of(row), Status.OBJECTED, verdict.outcome)
    require_another_person(work, row)
    objection = work.session.get_one(Objection, violation_id)
    objection.outcome, objection.decided_at = verdict.outcome, work.now
    objection.decided_by = work.actor.subject
    objection.decision_reasons = not_blank(verdict.reasons, "reasons")
    plan_day(work, row, DECISION, None)
    return carry_out_verdict(work, row, verdict)


def cancel_violation(work: UnitOfWork, violation_id: str, *, reason: str) -> Violation:
    """Takes a mistake back, also without an objection. Publishes `cancelled`. Raises AnotherPerson."""
    row = lock_violation(work, violation_id)
    after = violations.cancel(course_of(row))
    require_another_person(work, row)
    add_note(row, not_blank(reason, "reason"))
    for kind in (CORRECTION, DECISION, CLOSING):
        plan_day(work, row, kind, None)
    return _end_cancelled(work, row, after)


# What follows from a decision or a judgment.


def carry_out_verdict(work: UnitOfWork, row: Violation, verdict: Verdict) -> Violation:
    """Does what a decision or a judgment says. Raises NotReducible."""
    action = Action(verdict.outcome)
    today = legal_day(work.now)
    rules = violation_table().parameters(today)
    court_until = violations.last_day(today, rules.court_days)
    after = violations.decide(course_of(row), action, court_until=court_until)
    if action is Action.CANCEL:
        return _end_cancelled(work, row, after)
    if action is Action.REDUCE:
        _reduce(row, verdict.reduce_to, rules.reductions)
    set_course(work, row, after)
    bill_fine(work, row)
    details = {"amount_halalas": row.amount_halalas, "reduced_to": row.reduced_to_percent}
    record_violation_change(work, row, action, _HAPPENED[action], details=details, to_offender=True)
    if row.final:
        redecide_for_violation(work, row)
    return row


def _reduce(row: Violation, reduce_to: int | None, allowed: Sequence[int]) -> None:
    fine, before = fine_of(row), row.reduced_to_percent or 100
    if fine is None or reduce_to is None or reduce_to not in allowed or reduce_to >= before:
        raise NotReducible(allowed=", ".join(str(percent) for percent in allowed))
    set_fine(row, fine.reduced(reduce_to))


def _end_cancelled(work: UnitOfWork, row: Violation, after: Course) -> Violation:
    """Waives the fine, closes an open objection, opens the place again that was closed for the violation, and decides
    the offender's applications anew: also a closing that was still to come held them."""
    waive_fine(work, row)
    _close_open_objection(work, row)
    set_course(work, row, after)
    record_violation_change(work, row, Action.CANCEL, "cancelled", to_offender=True)
    waiting = lock_for_violation(work, row, row.closed_licence_id)
    if row.closed_licence_id is not None:
        reopen_licence(work, work.lock(Licence, row.closed_licence_id), row.violation_id)
    redecide_locked(work, waiting)
    return row


def _close_open_objection(work: UnitOfWork, row: Violation) -> None:
    """Decides an open objection in the offender's favour, because its violation is cancelled. The offender reads no
    reasons: the note on the cancellation is for colleagues."""
    objection = work.session.get(Objection, row.violation_id)
    if objection is not None and objection.decided_at is None:
        objection.outcome, objection.decided_at = Action.CANCEL.value, work.now
        objection.decided_by = work.actor.subject
