"""The report officer's part: refer, correct, link to an outside body, ask, reject. Each raises NotFound and
IllegalTransition, and the errors that its docstring names."""

from collections.abc import Mapping
from typing import Any

from chassis.core.refusals import Findings, InvalidFields, not_blank
from chassis.data.unit_of_work import UnitOfWork
from reports.catalogue import catalogue, governorate
from reports.commands.following import lock_with_followers, pass_on_due
from reports.commands.recording import (
    add_remark,
    clock_of,
    course_of,
    duty_officer_of,
    escalates_at,
    pause_clock,
    plan_escalation,
    record_report,
    reporter_of,
    resume_clock,
    set_clock,
    set_course,
    step,
)
from reports.domain import reports
from reports.domain.filing import parse_extra
from reports.domain.places import Place, parse_place
from reports.domain.reports import Action, Status
from reports.models import Report


def refer(
    work: UnitOfWork, report_id: str, *, department: str | None = None, note: str | None = None
) -> Report:
    """To a department, or to the one that the rules name; a clock that stood still runs on. Publishes `referred`.
    Raises InvalidFields for an unknown department."""
    _, followers = lock_with_followers(work, report_id)
    row, before = step(work, report_id, Action.REFER)
    category = catalogue().categories[row.category]
    chosen = department or catalogue().department_of(category, row.municipality)
    if chosen not in catalogue().departments:
        raise InvalidFields.of("department", "department-unknown")
    row.department = chosen
    row.assignee = row.contractor = row.work_order = None
    resume_clock(row, work.now)
    plan_escalation(work.session, row, before)
    pass_on_due(work, row, followers)
    details = {"department": chosen}
    return record_report(work, row, Action.REFER, "referred", note=note, details=details)


def send_back(work: UnitOfWork, report_id: str, *, reason: str) -> Report:
    """By the department: it isn't theirs, or something is missing. A treated report goes back to its department,
    because the treatment doesn't do; its clock goes on, and no reopening is counted. Publishes `returned`."""
    reason = not_blank(reason, "reason")
    row, before = step(work, report_id, Action.RETURN)
    details = {"department": row.department, "status": row.status}
    if row.status == Status.ASSIGNED:
        row.resolved_at = row.working_minutes = row.in_time = None
        row.reopened_at = work.now
    else:
        row.department = row.assignee = row.contractor = row.work_order = None
    row.reason = reason
    plan_escalation(work.session, row, before)
    return record_report(work, row, Action.RETURN, "returned", note=reason, details=details)


def link_external(
    work: UnitOfWork,
    report_id: str,
    *,
    body: str,
    reference: str | None = None,
    note: str | None = None,
) -> Report:
    """To a body outside the municipality, by its code; the clock stands still until work goes on. Publishes
    `linked_external`. Raises InvalidFields for an unknown body."""
    if body not in catalogue().outside_bodies:
        raise InvalidFields.of("body", "body-unknown")
    _, followers = lock_with_followers(work, report_id)
    row, before = step(work, report_id, Action.LINK_EXTERNAL)
    row.external_body, row.external_reference = body, (reference or "").strip() or None
    pause_clock(row, work.now)
    plan_escalation(work.session, row, before)
    pass_on_due(work, row, followers)
    return record_report(
        work,
        row,
        Action.LINK_EXTERNAL,
        "linked_external",
        note=note,
        details={"body": body},
        contacts=reporter_of(row),
    )


def ask(work: UnitOfWork, report_id: str, *, question: str) -> Report:
    """The clock stands still until the reporter answers. Publishes `asked`. Raises ReporterUnreachable without a
    mobile."""
    question = not_blank(question, "question")
    row, followers = lock_with_followers(work, report_id)
    before = escalates_at(row)
    set_course(row, reports.ask(course_of(row), reachable=row.mobile is not None))
    row.question = question
    add_remark(work, row, "question", question)
    pause_clock(row, work.now)
    plan_escalation(work.session, row, before)
    pass_on_due(work, row, followers)
    return record_report(work, row, Action.ASK, "asked", contacts=reporter_of(row))


def answer(work: UnitOfWork, report_id: str, *, text: str) -> Report:
    """What the reporter says, by himself (`domain.actors.REPORTER`) or to an operator; the clock runs on. Publishes
    `answered`."""
    text = not_blank(text, "text")
    row, followers = lock_with_followers(work, report_id)
    before = escalates_at(row)
    set_course(row, reports.answer(course_of(row)))
    add_remark(work, row, "answer", text)
    resume_clock(row, work.now)
    plan_escalation(work.session, row, before)
    pass_on_due(work, row, followers)
    return record_report(work, row, Action.ANSWER, "answered")


def reject(work: UnitOfWork, report_id: str, *, reason: str) -> Report:
    """For lack of competence, with the report's duplicates; the reason is for each reporter. Publishes `rejected` for
    each."""
    reason = not_blank(reason, "reason")
    row, followers = lock_with_followers(work, report_id)
    before = escalates_at(row)
    set_course(row, reports.advance(course_of(row), Action.REJECT))
    resume_clock(row, work.now)
    plan_escalation(work.session, row, before)
    for duplicate in followers:
        set_course(duplicate, reports.advance(course_of(duplicate), Action.FOLLOW_REJECTION))
        duplicate.due_at = row.due_at
        _publish_rejected(work, duplicate, Action.FOLLOW_REJECTION, reason)
    return _publish_rejected(work, row, Action.REJECT, reason)


def _publish_rejected(work: UnitOfWork, row: Report, action: Action, reason: str) -> Report:
    row.reason, row.closed_at = reason, work.now
    contacts = reporter_of(row)
    return record_report(work, row, action, "rejected", note=reason, contacts=contacts)


def correct(
    work: UnitOfWork, report_id: str, changes: Mapping[str, Any], *, note: str | None = None
) -> Report:
    """Another category, another place, or other answers, in the shape of the contract's `Correction`. The clock began
    at filing and goes on; only its length follows the type. Publishes `corrected`, of which the duty officer hears when
    the report turns out to be urgent. Raises InvalidFields."""
    _, followers = lock_with_followers(work, report_id)
    row, before = step(work, report_id, Action.CORRECT)
    was = {"category": row.category, "municipality": row.municipality}
    was_urgent = row.priority == reports.URGENT
    findings = Findings()
    place = None
    if changes.get("location") is not None:
        place = parse_place(changes["location"], governorate(), findings)
    _correct_category(row, changes, findings)
    findings.settle()
    if place is not None:
        _move(row, place)
    _recount(row)
    plan_escalation(work.session, row, before)
    pass_on_due(work, row, followers)
    details: dict[str, Any] = {"was": was, "is": {name: getattr(row, name) for name in was}}
    told = []
    if row.priority == reports.URGENT and not was_urgent:
        told = duty_officer_of(work.session, row)
        row.duty_officer_told = details["duty_officer_told"] = bool(told)
    return record_report(
        work, row, Action.CORRECT, "corrected", note=note, details=details, contacts=told
    )


def _correct_category(row: Report, changes: Mapping[str, Any], findings: Findings) -> None:
    code = changes.get("category") or row.category
    category = catalogue().categories.get(code)
    if category is None:
        findings.fault("category", "category-unknown")
        return
    if code != row.category or changes.get("extra") is not None:
        row.extra = parse_extra(changes.get("extra") or {}, category.fields, findings)
    row.category, row.public = category.code, category.public
    row.priority = reports.URGENT if category.alert else reports.NORMAL


def _move(row: Report, place: Place) -> None:
    row.municipality, row.branch_guessed = place.municipality, place.guessed
    row.town, row.district, row.landmark = place.town, place.district, place.landmark
    row.latitude, row.longitude = place.latitude, place.longitude


def _recount(row: Report) -> None:
    set_clock(row, clock_of(row))
    if row.status == Status.RESOLVED and row.resolved_at and row.due_at:
        row.in_time = row.resolved_at <= row.due_at
