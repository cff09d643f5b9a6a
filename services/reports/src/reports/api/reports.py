"""Operations on reports as the desk sees them."""

from typing import Any

from chassis.call import page_of
from reports import queries
from reports.api.edge import Body, Created, View
from reports.api.views import categories_view, report_page, report_view
from reports.commands import filing
from reports.context import Call
from reports.queries import ReportSearch


def file_report(call: Call, body: Body) -> Created:
    row = filing.file_report(call.work, body)
    return report_view(row, call.actor), 201


def list_reports(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    page = queries.list_reports(call.work, ReportSearch(**search), page_of(call, limit, cursor))
    return report_page(page)


def get_report(call: Call, report_id: str) -> View:
    return report_view(queries.get_report(call.session, call.actor, report_id), call.actor)


def list_report_categories(call: Call) -> View:
    return categories_view()
