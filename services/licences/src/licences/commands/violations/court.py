"""The courts: a lawsuit of the offender, and its judgment."""

from chassis.core.refusals import not_blank
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.violations.decide import Verdict, carry_out_verdict
from licences.commands.violations.pay import withdraw_bill
from licences.commands.violations.recording import (
    course_of,
    lock_violation,
    record_violation_change,
    require_another_person,
    set_course,
)
from licences.domain import violations
from licences.domain.violations import Action, Status
from licences.models import Violation
from saudi.days import legal_day


def file_lawsuit(work: UnitOfWork, violation_id: str, *, case_number: str) -> Violation:
    """Notes that the offender went to the Board of Grievances, and withdraws the bill until the judgment. Publishes
    `sued`. Raises ObjectionTooLate."""
    row = lock_violation(work, violation_id)
    set_course(work, row, violations.sue(course_of(row), legal_day(work.now)))
    row.court_case = not_blank(case_number, "case_number")
    withdraw_bill(work, row, reason="lawsuit")
    return record_violation_change(work, row, Action.SUE, "sued", to_offender=True)


def enter_judgment(work: UnitOfWork, violation_id: str, verdict: Verdict) -> Violation:
    """Enters the court's judgment. Publishes as `decide_objection` does. Raises AnotherPerson, NotReducible."""
    row = lock_violation(work, violation_id)
    violations.require(course_of(row), Status.JUDICIAL, verdict.outcome)
    require_another_person(work, row)
    row.judgment_reasons = not_blank(verdict.reasons, "reasons")
    return carry_out_verdict(work, row, verdict)
