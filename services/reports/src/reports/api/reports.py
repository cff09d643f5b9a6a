"""Operations of people with an account: officers, departments, operators, observers, contractors."""

from collections.abc import Sequence
from typing import Any

from chassis.call import page_of
from chassis.data.paging import Page
from reports import queries
from reports.api.edge import Body, Created, View, in_version_read, note_of
from reports.api.views import (
    categories_view,
    duplicates_view,
    duty_officers_view,
    filed_view,
    history_view,
    remark_view,
    remarks_view,
    report_page,
    report_view,
    reporter_view,
    work_order_page,
    work_order_view,
)
from reports.commands import duplicates, ending, escalation, filing, referral, remarks, treatment
from reports.context import Call
from reports.domain.actors import role_of
from reports.domain.visibility import Part, may_see
from reports.models import Report
from reports.queries import ReportSearch


def file_report(call: Call, body: Body) -> Created:
    row = filing.file_report(call.work, body)
    if not may_see(role_of(call.actor), Part.REPORTER):
        return report_view(row, call.actor), 201
    return filed_view(row, call.actor, queries.earlier_by_mobile(call.session, row)), 201


def list_reports(
    call: Call, limit: int, cursor: str | None = None, with_counts: bool = False, **search: Any
) -> View:
    wanted = ReportSearch(**search)
    page = queries.list_reports(call.work, wanted, page_of(call, limit, cursor))
    view = report_page(page, _answered(call, page.rows))
    return {**view, "counts": queries.count_lists(call.work, wanted)} if with_counts else view


def get_report(call: Call, report_id: str) -> View:
    row = queries.get_report(call.session, call.actor, report_id)
    for_good = row.reopen_count >= call.settings.reopening.most
    answered = row.report_id in _answered(call, [row])
    view = report_view(row, call.actor)
    return {**view, "closes_for_good": for_good, "answered": answered}


def _answered(call: Call, rows: Sequence[Report]) -> frozenset[str]:
    """Returns which reports have a new answer, to a caller who sees the question."""
    if not may_see(role_of(call.actor), Part.TREATMENT):
        return frozenset()
    return queries.answered_reports(call.session, rows)


def list_report_categories(call: Call) -> View:
    return categories_view()


@in_version_read
def refer_report(call: Call, report_id: str, body: Body | None = None) -> View:
    row = referral.refer(
        call.work, report_id, department=(body or {}).get("department"), note=note_of(body)
    )
    return report_view(row, call.actor)


@in_version_read
def return_report(call: Call, report_id: str, body: Body) -> View:
    row = referral.send_back(call.work, report_id, reason=body["reason"])
    return report_view(row, call.actor)


@in_version_read
def start_report(call: Call, report_id: str, body: Body | None = None) -> View:
    given = body or {}
    row = treatment.start(
        call.work,
        report_id,
        contractor=given.get("contractor"),
        work_order=given.get("work_order"),
        note=note_of(body),
    )
    return report_view(row, call.actor)


@in_version_read
def link_report(call: Call, report_id: str, body: Body) -> View:
    row = referral.link_external(
        call.work, report_id, body=body["body"], reference=body.get("reference"), note=note_of(body)
    )
    return report_view(row, call.actor)


@in_version_read
def ask_reporter(call: Call, report_id: str, body: Body) -> View:
    row = referral.ask(call.work, report_id, question=body["question"])
    return report_view(row, call.actor)


@in_version_read
def record_answer(call: Call, report_id: str, body: Body) -> View:
    row = referral.answer(call.work, report_id, text=body["text"])
    return report_view(row, call.actor)


@in_version_read
def resolve_report(call: Call, report_id: str, body: Body) -> View:
    row = treatment.resolve(
        call.work, report_id, text=body["text"], attachments=body.get("after_photos", ())
    )
    return report_view(row, call.actor)


@in_version_read
def close_report(call: Call, report_id: str, body: Body | None = None) -> View:
    row = ending.close(call.work, report_id, note=note_of(body), rule=call.settings.reopening)
    return report_view(row, call.actor)


@in_version_read
def reopen_report(call: Call, report_id: str, body: Body) -> View:
    row = ending.reopen(call.work, report_id, reason=body["reason"], rule=call.settings.reopening)
    return report_view(row, call.actor)


@in_version_read
def reject_report(call: Call, report_id: str, body: Body) -> View:
    row = referral.reject(call.work, report_id, reason=body["reason"])
    return report_view(row, call.actor)


@in_version_read
def mark_duplicate(call: Call, report_id: str, body: Body) -> View:
    row = duplicates.mark_duplicate(
        call.work,
        report_id,
        main_id=body["main_report_id"],
        note=note_of(body),
        metres=call.settings.duplicate_metres,
    )
    return report_view(row, call.actor)


@in_version_read
def split_report(call: Call, report_id: str, body: Body | None = None) -> View:
    row = duplicates.split(call.work, report_id, note=note_of(body))
    return report_view(row, call.actor)


@in_version_read
def correct_report(call: Call, report_id: str, body: Body) -> View:
    changes = {name: part for name, part in body.items() if name != "note"}
    row = referral.correct(call.work, report_id, changes, note=note_of(body))
    return report_view(row, call.actor)


def rate_report(call: Call, report_id: str, body: Body) -> View:
    row = ending.rate(call.work, report_id, stars=body["stars"])
    return report_view(row, call.actor)


def get_report_history(call: Call, report_id: str) -> View:
    return history_view(queries.history_of(call.session, call.actor, report_id))


def list_remarks(call: Call, report_id: str) -> View:
    return remarks_view(queries.remarks_on(call.session, call.actor, report_id))


def add_note(call: Call, report_id: str, body: Body) -> Created:
    remark = remarks.add_note(call.work, report_id, text=body["text"])
    return remark_view(remark), 201


def reveal_reporter(call: Call, report_id: str, body: Body) -> View:
    row = remarks.reveal_reporter(call.work, report_id, reason=body["reason"])
    return reporter_view(row)


def search_reports(call: Call, body: Body) -> View:
    found = queries.reports_of(call.session, call.actor, remarks.parse_mobile_field(body["mobile"]))
    remarks.record_searches(call.work, found, note=note_of(body))
    return report_page(Page(found, None), _answered(call, found))


def withhold_text(call: Call, report_id: str) -> View:
    row = remarks.withhold_words(call.work, report_id)
    return report_view(row, call.actor)


def show_text(call: Call, report_id: str, body: Body | None = None) -> View:
    last = (body or {}).get("last_remark_read")
    row = remarks.release_words(call.work, report_id, last_remark_read=last)
    return report_view(row, call.actor)


def list_possible_duplicates(call: Call, report_id: str) -> View:
    near = queries.duplicates_near(
        call.session, call.actor, report_id, metres=call.settings.duplicate_metres
    )
    return duplicates_view(near, queries.likely_duplicates(call.session, call.actor, report_id))


def list_duty_officers(call: Call) -> View:
    return duty_officers_view(queries.duty_officers(call.session))


def set_duty_officer(call: Call, department: str, body: Body) -> View:
    escalation.set_duty_officer(
        call.work, department, mobile=body["mobile"], language=body.get("language", "ar")
    )
    return duty_officers_view(queries.duty_officers(call.session))


def list_work_orders(call: Call, limit: int, cursor: str | None = None) -> View:
    page = queries.list_work_orders(call.session, call.actor, page_of(call, limit, cursor))
    return work_order_page(page)


def get_work_order(call: Call, report_id: str) -> View:
    row = queries.get_work_order(call.session, call.actor, report_id)
    return work_order_view(row, queries.photos_of(call.session, report_id))


def complete_work_order(call: Call, report_id: str, body: Body) -> Created:
    remark = treatment.complete_work(
        call.work, report_id, text=body["text"], attachments=body.get("after_photos", ())
    )
    call.session.flush()
    return remark_view(remark), 201


def list_filed_reports(call: Call, limit: int, cursor: str | None = None) -> View:
    page = queries.list_filed(call.session, call.actor, page_of(call, limit, cursor))
    return report_page(page)


def get_filed_report(call: Call, report_id: str) -> View:
    return report_view(queries.get_filed(call.session, call.actor, report_id), call.actor)
