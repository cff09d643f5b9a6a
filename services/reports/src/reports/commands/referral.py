"""The report officer's part: refer, return, link to an outside body, ask, reject, correct. Each command raises NotFound
and IllegalTransition, and the errors that its docstring names."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chassis.core.refusals import Findings, InvalidFields, not_blank
from chassis.data.unit_of_work import UnitOfWork
from reports.catalogue import catalogue, governorate
from reports.commands.duplicates import lock_with_followers, pass_on_due_time
from reports.commands.links import keep_link, require_usable_link, void_links
from reports.commands.recording import (
    add_remark,
    clock_of,
    course_of,
    duty_officer_of,
    escalates_at,
    give_work,
    lock_and_advance,
    lock_report,
    pause_clock,
    plan_escalation,
    record_report,
    reporter_of,
    resume_clock,
    set_clock,
    set_course,
)
from reports.domain import reports
from reports.domain.filing import parse_extra
from reports.domain.places import Place, parse_place
from reports.domain.reports import Action, Status
from reports.models import Report

ANSWERABLE = timedelta(days=30)  # how long the link of a question opens its page


def refer(
    work: UnitOfWork, report_id: str, *, department: str | None = None, note: str | None = None
) -> Report:
    """Refers the report to a department; without a department, the rules choose. The clock runs again. Publishes
    `referred`. Raises InvalidFields for an unknown department."""
    row, followers = lock_with_followers(work, report_id)
    was = Status(row.status)
    row, before = lock_and_advance(work, report_id, Action.REFER)
    category = catalogue().categories[row.category]
    chosen = department or catalogue().department_of(category, row.municipality)
    if chosen not in catalogue().departments:
        raise InvalidFields.of("department", "department-unknown")
    if was is Status.CLASSIFIED:
        row.reason = None  # why the other department sent it back
    if row.department != chosen:
        row.work_given_at = work.now
    row.department, row.assignee = chosen, None
    give_work(row, work.now)
    resume_clock(row, work.now)
    plan_escalation(work.session, row, before)
    pass_on_due_time(work, row, followers)
    details = {"department": chosen}
    return record_report(work, row, Action.REFER, "referred", note=note, details=details)


def send_back(work: UnitOfWork, report_id: str, *, reason: str) -> Report:
    """Returns a department's report to the report officer, or a treated report to its department for another treatment.
    The clock of a treated report goes on, and no reopening is counted. Publishes `returned`."""
    reason = not_blank(reason, "reason")
    row, before = lock_and_advance(work, report_id, Action.RETURN)
    details = {"department": row.department, "status": row.status}
    if row.status == Status.ASSIGNED:
        row.resolved_at = row.working_minutes = row.in_time = None
        row.reopened_at = work.now
    else:
        row.department = row.assignee = None
        give_work(row, work.now)
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
    """Links the report to a body outside the municipality, by its code. The clock stands still until work resumes.
    Publishes `linked_external`. Raises InvalidFields for an unknown body."""
    if body not in catalogue().outside_bodies:
        raise InvalidFields.of("body", "body-unknown")
    _, followers = lock_with_followers(work, report_id)
    row, before = lock_and_advance(work, report_id, Action.LINK_EXTERNAL)
    row.external_body, row.external_reference = body, (reference or "").strip() or None
    pause_clock(row, work.now)
    plan_escalation(work.session, row, before)
    pass_on_due_time(work, row, followers)
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
    """Asks the reporter a question. The clock stands still until the answer. Publishes `asked`. Raises
    ReporterUnreachable without a mobile. The contact of the reporter holds a token, with which the reporter answers on
    line."""
    question = not_blank(question, "question")
    row, followers = lock_with_followers(work, report_id)
    before = escalates_at(row)
    set_course(row, reports.ask(course_of(row), reachable=row.mobile is not None))
    row.question = question
    add_remark(work, row, "question", question)
    pause_clock(row, work.now)
    plan_escalation(work.session, row, before)
    pass_on_due_time(work, row, followers)
    void_links(work.session, row, work.now)
    token = keep_link(work.session, row, work.now + ANSWERABLE, is_question=True)
    return record_report(work, row, Action.ASK, "asked", contacts=reporter_of(row, token))


def ask_again(work: UnitOfWork, report_id: str) -> Report:
    """Sends the reporter a new link to the question that waits; the earlier links stay good. Publishes `asked`."""
    row = lock_report(work, report_id)
    reports.require_question(row.status)
    token = keep_link(work.session, row, work.now + ANSWERABLE, is_question=True)
    return record_report(work, row, "ask_again", "asked", contacts=reporter_of(row, token))


def answer(work: UnitOfWork, report_id: str, *, text: str) -> Report:
    """Records the answer of the reporter, given directly (`domain.actors.REPORTER`) or to an operator. The clock runs
    again. Publishes `answered`."""
    text = not_blank(text, "text")
    row, followers = lock_with_followers(work, report_id)
    before = escalates_at(row)
    set_course(row, reports.answer(course_of(row)))
    add_remark(work, row, "answer", text)
    void_links(work.session, row, work.now)
    resume_clock(row, work.now)
    plan_escalation(work.session, row, before)
    pass_on_due_time(work, row, followers)
    return record_report(work, row, Action.ANSWER, "answered")


def answer_by_token(work: UnitOfWork, token: str, *, text: str) -> Report:
    """Records the answer of a reporter who has the link of the question; each link works once. Raises NotFound for a
    link that is unknown, used or over."""
    text = not_blank(text, "text")
    link = require_usable_link(work, token, is_question=True)
    lock_with_followers(work, link.report_id)
    require_usable_link(work, token, is_question=True)  # somebody may have answered meanwhile
    return answer(work, link.report_id, text=text)


def reject(work: UnitOfWork, report_id: str, *, reason: str) -> Report:
    """Rejects the report and its duplicates as out of scope. Each reporter reads the reason. Publishes `rejected` for
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
    """Corrects category, place or answers, in the shape of the contract's `Correction`. The clock keeps its beginning;
    the new type sets its length. Publishes `corrected`; the contacts name the duty officer if the report becomes
    urgent. Raises InvalidFields."""
    _, followers = lock_with_followers(work, report_id)
    row, before = lock_and_advance(work, report_id, Action.CORRECT)
    was = {"category": row.category, "municipality": row.municipality}
    was_urgent = row.priority == reports.URGENT
    findings = Findings()
    place = None
    if changes.get("location") is not None:
        place = parse_place(changes["location"], governorate(), findings)
    _correct_category(row, changes, findings)
    findings.settle()
    if place is not None:
        _set_place(row, place)
    _reset_clock(row)
    plan_escalation(work.session, row, before)
    pass_on_due_time(work, row, followers)
    details: dict[str, Any] = {"was": was, "is": {name: getattr(row, name) for name in was}}
    contacts = []
    if row.priority == reports.URGENT and not was_urgent:
        contacts = duty_officer_of(work.session, row)
        row.duty_officer_told = details["duty_officer_told"] = bool(contacts)
    return record_report(
        work, row, Action.CORRECT, "corrected", note=note, details=details, contacts=contacts
    )


def _correct_category(row: Report, changes: Mapping[str, Any], findings: Findings) -> None:
    code = changes.get("category") or row.category
    category = catalogue().categories.get(code)
    if category is None:
        findings.fault("category", "category-unknown")
        return
    if code != row.category or changes.get("extra") is not None:
        row.extra = parse_extra(changes.get("extra") or {}, category.fields, findings)
    if category.public and not row.public and not row.text_withheld:
        row.words_waiting, row.words_released_at, row.released_remark_id = True, None, None
    row.category, row.public = category.code, category.public
    row.priority = reports.URGENT if category.alert else reports.NORMAL


def _set_place(row: Report, place: Place) -> None:
    row.municipality, row.branch_guessed = place.municipality, place.guessed
    row.town, row.district, row.landmark = place.town, place.district, place.landmark
    row.latitude, row.longitude = place.latitude, place.longitude


def _reset_clock(row: Report) -> None:
    set_clock(row, clock_of(row))
    if row.status == Status.RESOLVED and row.resolved_at and row.due_at:
        row.in_time = row.resolved_at <= row.due_at
