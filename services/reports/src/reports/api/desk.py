"""Operations of the desk beside a report's life: history, remarks, the reporter, duplicates, duty officers."""

from chassis.data.paging import Page
from reports import queries
from reports.api.edge import Body, Created, View, note_of
from reports.api.views import (
    duplicates_view,
    duty_officers_view,
    history_view,
    remark_view,
    remarks_view,
    report_page,
    report_view,
    reporter_view,
)
from reports.commands import duty, remarks
from reports.context import Call


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
    found = queries.reports_of(call.session, call.actor, remarks.mobile_of(body["mobile"]))
    remarks.note_looks(call.work, found, note=note_of(body))
    return report_page(Page(found, None))


def withhold_text(call: Call, report_id: str) -> View:
    row = remarks.withhold_text(call.work, report_id, withheld=True)
    return report_view(row, call.actor)


def show_text(call: Call, report_id: str) -> View:
    row = remarks.withhold_text(call.work, report_id, withheld=False)
    return report_view(row, call.actor)


def list_possible_duplicates(call: Call, report_id: str) -> View:
    near = queries.duplicates_near(
        call.session, call.actor, report_id, metres=call.settings.duplicate_metres
    )
    return duplicates_view(near)


def list_duty_officers(call: Call) -> View:
    return duty_officers_view(queries.duty_officers(call.session))


def set_duty_officer(call: Call, department: str, body: Body) -> View:
    duty.set_duty_officer(
        call.work, department, mobile=body["mobile"], language=body.get("language", "ar")
    )
    return duty_officers_view(queries.duty_officers(call.session))
