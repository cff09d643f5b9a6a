"""What applicants do themselves: they apply, answer a return, withdraw, renew, end, object; by the commands that staff
and municipalities' systems use, behind the rule of what is one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound, not_blank
from chassis.data.aggregates import lock
from chassis.files.attachments import claim, uploader_of
from licences.catalogue import violation_table
from licences.commands.redecide import lock_for_violation, redecide_for_violation, redecide_locked
from licences.commands.submit import CITIZEN
from licences.commands.supervise import reopen_licence
from licences.commands.violations.pay import bill_fine, waive_fine, withdraw_bill
from licences.commands.violations.recording import (
    CLOSING,
    CORRECTION,
    DECISION,
    course_of,
    lock_violation,
    plan_day,
    record_violation,
    set_course,
    set_fine,
)
from licences.domain import actors, violations
from licences.domain.actors import NOT_NOTIFIED, Applicant, for_applicant
from licences.domain.fines import fine_of
from licences.domain.violations import Action, Course, NotReducible, Status
from licences.models import Licence, Objection, Violation
from saudi.days import legal_day


def object_as_offender(
    session: Session,
    actor: Any,
    own: Applicant,
    violation_id: str,
    *,
    reasons: str,
    files: Sequence[str],
    now: datetime,
) -> Violation:
    """Objects to a violation of one's own. Raises NotFound, ObjectionTooLate and IllegalTransition."""
    row = lock(session, Violation, violation_id)
    whose = {"establishment": row.establishment, "person": row.offender_number}
    if row.status in NOT_NOTIFIED or not own.owns(**whose):
        raise NotFound
    with for_applicant():
        return file_objection(
            session, actor, row, reasons=reasons, files=files, channel=CITIZEN, now=now
        )


OBJECTION_FILES = "objection"  # of its files
_HAPPENED = {Action.UPHOLD: "upheld", Action.REDUCE: "reduced", Action.CANCEL: "cancelled"}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`outcome`: uphold, reduce or cancel. `reduce_to`: the share in per cent that stays, one of the table's."""

    outcome: str
    reasons: str
    reduce_to: int | None = None


def file_objection(
    session: Session,
    actor: actors.Actor,
    row: Violation,
    *,
    reasons: str,
    files: Sequence[str] = (),
    channel: str = "staff",
    now: datetime,
) -> Violation:
    """Files the offender's objection to a locked violation; the bill is withdrawn until it's decided. Publishes
    `objected`. Raises ObjectionTooLate, and NotFound for a file that the actor didn't send."""
    reasons = not_blank(reasons, "reasons")
    set_course(session, row, violations.object_to(course_of(row), legal_day(now)), now)
    claim(
        session,
        files,
        owner_type=OBJECTION_FILES,
        owner_id=row.violation_id,
        uploader=uploader_of(actor),
    )
    rules = violation_table().parameters(legal_day(now))
    decide_until = violations.last_day(legal_day(now), rules.decision_days)
    session.add(
        Objection(
            violation_id=row.violation_id,
            channel=channel,
            reasons=reasons,
            filed_at=now,
            filed_by=actor.subject,
            decide_until=decide_until,
            overdue=False,
        )
    )
    plan_day(session, row, DECISION, decide_until)
    withdraw_bill(session, row, reason="objection", now=now)
    details = {"channel": channel}
    return record_violation(
        session, row, actor, Action.OBJECT, "objected", now=now, details=details, told=True
    )


def decide_objection(
    session: Session, actor: actors.Actor, violation_id: str, decision: Verdict, *, now: datetime
) -> Violation:
    """Decides the open objection. Publishes `upheld`, `reduced` or `cancelled`. Raises AnotherPerson, NotReducible."""
    row = lock_violation(session, actor, violation_id)
    violations.require(course_of(row), Status.OBJECTED, decision.outcome)
    objection = session.get_one(Objection, violation_id)
    violations.require_another(actor.subject, row.recorded_by, row.confirmed_by, objection.filed_by)
    objection.outcome, objection.decided_at = decision.outcome, now
    objection.decided_by, objection.decision_reasons = (
        actor.subject,
        not_blank(decision.reasons, "reasons"),
    )
    plan_day(session, row, DECISION, None)
    return _carry_out(session, actor, row, decision, now)


def file_lawsuit(
    session: Session, actor: actors.Actor, violation_id: str, *, case_number: str, now: datetime
) -> Violation:
    """The offender went to the Board of Grievances; the bill is withdrawn until it has judged. Publishes `sued`. Raises
    ObjectionTooLate."""
    row = lock_violation(session, actor, violation_id)
    set_course(session, row, violations.sue(course_of(row), legal_day(now)), now)
    row.court_case = not_blank(case_number, "case_number")
    withdraw_bill(session, row, reason="lawsuit", now=now)
    return record_violation(session, row, actor, Action.SUE, "sued", now=now, told=True)


def enter_judgment(
    session: Session, actor: actors.Actor, violation_id: str, decision: Verdict, *, now: datetime
) -> Violation:
    """Enters the court's judgment, by somebody else than those who recorded the violation. Publishes as `decide`.
    Raises AnotherPerson, NotReducible."""
    row = lock_violation(session, actor, violation_id)
    violations.require(course_of(row), Status.JUDICIAL, decision.outcome)
    violations.require_another(actor.subject, row.recorded_by, row.confirmed_by)
    not_blank(decision.reasons, "reasons")
    return _carry_out(session, actor, row, decision, now)


def cancel_violation(
    session: Session, actor: actors.Actor, violation_id: str, *, reason: str, now: datetime
) -> Violation:
    """Takes a mistake back, whether somebody objected or not. Publishes `cancelled`. Raises AnotherPerson."""
    row = lock_violation(session, actor, violation_id)
    after = violations.cancel(course_of(row))
    violations.require_another(actor.subject, row.recorded_by, row.confirmed_by)
    row.note = "\n".join(part for part in (row.note, not_blank(reason, "reason")) if part)
    plan_day(session, row, CORRECTION, None)
    plan_day(session, row, DECISION, None)
    plan_day(session, row, CLOSING, None)
    return _end_cancelled(session, actor, row, after, now)


def _carry_out(
    session: Session, actor: actors.Actor, row: Violation, decision: Verdict, now: datetime
) -> Violation:
    action = Action(decision.outcome)
    rules = violation_table().parameters(legal_day(now))
    court_until = violations.last_day(legal_day(now), rules.court_days)
    after = violations.decide(course_of(row), action, court_until=court_until)
    if action is Action.CANCEL:
        return _end_cancelled(session, actor, row, after, now)
    if action is Action.REDUCE:
        _reduce(row, decision.reduce_to, rules.reductions)
    set_course(session, row, after, now)
    bill_fine(session, row, now=now)
    details = {"amount_halalas": row.amount_halalas, "reduced_to": row.reduced_to_percent}
    record_violation(
        session, row, actor, action, _HAPPENED[action], now=now, details=details, told=True
    )
    if row.final:
        redecide_for_violation(session, row, now=now)
    return row


def _reduce(row: Violation, reduce_to: int | None, allowed: Sequence[int]) -> None:
    fine, before = fine_of(row), row.reduced_to_percent or 100
    if fine is None or reduce_to is None or reduce_to not in allowed or reduce_to >= before:
        raise NotReducible(allowed=", ".join(str(one) for one in allowed))
    set_fine(row, fine.reduced(reduce_to))


def _end_cancelled(
    session: Session, actor: actors.Actor, row: Violation, after: Course, now: datetime
) -> Violation:
    waive_fine(session, row, now=now)
    set_course(session, row, after, now)
    record_violation(session, row, actor, Action.CANCEL, "cancelled", now=now, told=True)
    waiting = lock_for_violation(session, row, row.closed_licence_id)
    if row.closed_licence_id is not None:
        place = lock(session, Licence, row.closed_licence_id)
        reopen_licence(session, place, row.violation_id, now=now)
    redecide_locked(session, waiting, now=now)  # also a closing that was to come held them
    return row
