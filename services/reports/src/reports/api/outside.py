"""Operations of those who see only what concerns them: contractors their work orders, observers what they filed."""

from chassis.call import page_of
from reports import queries
from reports.api.edge import Body, Created, View
from reports.api.views import (
    remark_view,
    report_page,
    report_view,
    work_order_page,
    work_order_view,
)
from reports.commands import treatment
from reports.context import Call


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
