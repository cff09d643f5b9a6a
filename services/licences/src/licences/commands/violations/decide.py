"""Objections, decisions by a person who had no part in the violation, and the courts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from chassis.core.actors import SystemActor
from chassis.core.refusals import NotFound, not_blank
from chassis.data.deadlines import Deadline, DeadlineHandler
from chassis.data.unit_of_work import UnitOfWork
from licences.catalogue import violation_table
from licences.commands.redecide import lock_for_violation, redecide_for_violation, redecide_locked
from licences.commands.supervise import close_licence, lock_licence, reopen_licence
from licences.commands.uploads import claim_uploads
from licences.commands.violations.pay import bill_fine, waive_fine, withdraw_bill
from licences.commands.violations.recording import (
    CLOSING,
    CORRECTION,
    DECISION,
    FINALITY,
    add_note,
    course_of,
    item_of,
    lock_violation,
    people_of,
    plan_day,
    record_violation,
    require_another_person,
    set_course,
    set_fine,
)
from licences.context import Context
from licences.domain import violations
from licences.domain.actors import Applicant, acts_for, for_applicant
from licences.domain.applications import CITIZEN, STAFF
from licences.domain.fines import fine_of
from licences.domain.licences import LicenceEnded, same_holder
from licences.domain.licences import Status as LicenceStatus
from licences.domain.violations import (
    ENDED,
    OBJECTION_FILES,
    Action,
    Course,
    NotReducible,
    PlaceStaysOpen,
    Status,
)
from licences.models import Licence, Objection, Violation
from saudi.days import legal_day

SERVICE_CLOCK = SystemActor("service-clock", client_id="licences")
_HAPPENED = {Action.UPHOLD: "upheld", Action.REDUCE: "reduced", Action.CANCEL: "cancelled"}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`outcome`: uphold, reduce or cancel. `reduce_to`: the share in per cent that stays, one of the table's."""

    outcome: str
    reasons: str
    reduce_to: int | None = None


# Objections.


def object_as_officer(
    work: UnitOfWork, violation_id: str, *, reasons: str, files: Sequence[str]
) -> Violation:
    """Files an objection that the offender brought to the municipality."""
    row = lock_violation(work, violation_id)
    return file_objection(work, row, reasons=reasons, files=files)


def object_as_offender(
    work: UnitOfWork,
    applicant: Applicant,
    violation_id: str,
    *,
    reasons: str,
    files: Sequence[str],
) -> Violation:
    """Objects to a violation of the applicant's own. Raises NotFound, ObjectionTooLate and IllegalTransition."""
    row = work.lock(Violation, violation_id)
    owned = applicant.owns(establishment=row.establishment, person=row.offender_number)
    if not (row.was_told and owned):
        raise NotFound
    with for_applicant():
        return file_objection(work, row, reasons=reasons, files=files, channel=CITIZEN)


def file_objection(
    work: UnitOfWork,
    row: Violation,
    *,
    reasons: str,
    files: Sequence[str] = (),
    channel: str = STAFF,
) -> Violation:
    """Files the offender's objection to the locked violation, and withdraws the bill until the decision. Publishes
    `objected`. Raises ObjectionTooLate, and InvalidFields also for a file that isn't kept for the actor."""
    reasons, today = not_blank(reasons, "reasons"), legal_day(work.now)
    set_course(work, row, violations.object_to(course_of(row), today))
    claim_uploads(work, files, owner=(OBJECTION_FILES, row.violation_id))
    decide_until = violations.last_day(today, violation_table().parameters(today).decision_days)
    work.session.add(
        Objection(
            violation_id=row.violation_id,
            channel=channel,
            reasons=reasons,
            filed_at=work.now,
            filed_by=work.actor.subject,
            decide_until=decide_until,
            overdue=False,
        )
    )
    plan_day(work, row, DECISION, decide_until)
    withdraw_bill(work, row, reason="objection")
    details = {"channel": channel}
    return record_violation(work, row, Action.OBJECT, "objected", details=details, to_offender=True)


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
    return _carry_out(work, row, verdict)


# The courts.


def file_lawsuit(work: UnitOfWork, violation_id: str, *, case_number: str) -> Violation:
    """Notes that the offender went to the Board of Grievances, and withdraws the bill until the judgment. Publishes
    `sued`. Raises ObjectionTooLate."""
    row = lock_violation(work, violation_id)
    set_course(work, row, violations.sue(course_of(row), legal_day(work.now)))
    row.court_case = not_blank(case_number, "case_number")
    withdraw_bill(work, row, reason="lawsuit")
    return record_violation(work, row, Action.SUE, "sued", to_offender=True)


def enter_judgment(work: UnitOfWork, violation_id: str, verdict: Verdict) -> Violation:
    """Enters the court's judgment. Publishes as `decide_objection` does. Raises AnotherPerson, NotReducible."""
    row = lock_violation(work, violation_id)
    violations.require(course_of(row), Status.JUDICIAL, verdict.outcome)
    require_another_person(work, row)
    row.judgment_reasons = not_blank(verdict.reasons, "reasons")
    return _carry_out(work, row, verdict)


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


def _carry_out(work: UnitOfWork, row: Violation, verdict: Verdict) -> Violation:
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
    record_violation(work, row, action, _HAPPENED[action], details=details, to_offender=True)
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
    record_violation(work, row, Action.CANCEL, "cancelled", to_offender=True)
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


def close_violation(work: UnitOfWork, violation_id: str, *, note: str | None) -> Violation:
    """Closes a paid violation. Publishes `closed`."""
    row = lock_violation(work, violation_id)
    set_course(work, row, violations.advance(course_of(row), Action.CLOSE))
    add_note(row, note)
    plan_day(work, row, CLOSING, None)
    return record_violation(work, row, Action.CLOSE, "closed")


def close_place(work: UnitOfWork, violation_id: str, *, seal_number: str, reason: str) -> Violation:
    """Closes the licence's place because of the violation. Publishes `place_closed`, and the licence's `closed`. Raises
    AnotherPerson, PlaceStaysOpen, LicenceEnded."""
    row = lock_violation(work, violation_id)
    require_another_person(work, row)
    is_open = row.confirmed_at is not None and row.status not in ENDED
    if not (is_open and item_of(row).closes and row.licence_no) or row.place_closed_at:
        raise PlaceStaysOpen
    row.seal_number = not_blank(seal_number, "seal_number")
    place = _lock_present_licence(work, row.licence_no)
    close_licence(
        work,
        place.licence_no,
        reason=reason,
        violation_id=violation_id,
        people=people_of(work.session, row),
    )
    row.place_closed_at, row.closed_licence_id = work.now, place.licence_id
    return record_violation(work, row, "close_place", "place_closed", to_offender=True)


def _lock_present_licence(work: UnitOfWork, licence_no: str) -> Licence:
    """Locks the licence or, if the holder's shop has moved since, its present successor. Raises NotFound,
    LicenceEnded."""
    first = row = lock_licence(work, licence_no)
    while row.status == LicenceStatus.CANCELLED:
        successor = select(Licence).where(Licence.licence_no == row.replaced_by)
        after = work.session.scalar(successor)
        if after is None or not (
            same_holder(first, after) and acts_for(work.actor, after.municipality)
        ):
            raise LicenceEnded
        row = work.lock(Licence, after.licence_id)
    return row


# What happens by itself at a deadline. A deadline that came too late changes nothing.


def end_correction(work: UnitOfWork, row: Violation) -> None:
    """Sends an inspector to look again, because the time to correct is over. Publishes `correction_ended`."""
    today = legal_day(work.now)
    over = row.correct_until is not None and today > row.correct_until
    if row.status == Status.WARNED and over and row.seen_again_from is None:
        row.seen_again_from = today
        record_violation(work, row, "correction_ended", "correction_ended")


def become_final(work: UnitOfWork, row: Violation) -> None:
    """Makes the fine final, because nobody objected or sued in time. Publishes `became_final`, and decides the
    offender's applications anew, also those that wait for their money."""
    before = course_of(row)
    after = violations.become_final(before, legal_day(work.now))
    if after != before:
        set_course(work, row, after)
        record_violation(work, row, "become_final", "became_final", to_offender=True)
        redecide_for_violation(work, row)


def note_overdue(work: UnitOfWork, row: Violation) -> None:
    """Marks an objection that isn't decided in time. The objection stays open, and heads the list. Publishes
    `decision_overdue`."""
    objection = work.session.get(Objection, row.violation_id)
    if row.status != Status.OBJECTED or objection is None or objection.overdue:
        return
    if legal_day(work.now) > objection.decide_until:
        objection.overdue = True
        record_violation(work, row, "decision_overdue", "decision_overdue")


def close_paid(work: UnitOfWork, row: Violation) -> None:
    """Closes a violation some days after its payment. Publishes `closed`."""
    if row.status == Status.PAID:
        set_course(work, row, violations.advance(course_of(row), Action.CLOSE))
        record_violation(work, row, Action.CLOSE, "closed")


def _at_deadline(carry_out: Callable[[UnitOfWork, Violation], None]) -> DeadlineHandler:
    def due(context: Context, deadline: Deadline) -> None:
        work = UnitOfWork.of(context, SERVICE_CLOCK)
        try:
            row = work.lock(Violation, deadline.aggregate_id)
        except NotFound:
            return
        carry_out(work, row)

    return due


DEADLINES: Mapping[str, DeadlineHandler] = {
    CORRECTION: _at_deadline(end_correction),
    FINALITY: _at_deadline(become_final),
    DECISION: _at_deadline(note_overdue),
    CLOSING: _at_deadline(close_paid),
}
