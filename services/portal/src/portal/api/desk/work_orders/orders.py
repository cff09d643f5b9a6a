"""A contractor's work orders, on a telephone: what to do, where, and until when; and that the work is done.

The service shows a contractor the contractor's own orders, and never the reporter.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import flask

from pages.marks import arabic, code, moment
from pages.site import Visit
from portal.api.asking import answer_or_problem, post
from portal.api.desk.reports import views as report_views
from portal.api.entry_forms import KEY, EntryForm, Surroundings, show_form, submit_form
from portal.api.files import post_upload, require_id, send_file_of
from portal.api.listing import done_of, page_links, page_query
from portal.api.places import place_of
from portal.domain import large_forms
from portal.domain.work_order_form import FIELDS, finished_work

PATH, _ORDERS = "/desk/work-orders", "/v1/work-orders"
_ROWS = 50
_DONE = "work_order_done"


def show_orders(visit: Visit) -> flask.Response:
    """GET /desk/work-orders: the orders of the contractor, newest first."""
    page = answer_or_problem(visit, _ORDERS, page_query(visit, _ROWS))
    rows = [_row(visit, one) for one in page["items"]]
    return visit.render("work_orders.html", rows=rows, **page_links(visit, page))


def _row(visit: Visit, order: Mapping[str, Any]) -> dict[str, Any]:
    language = visit.language
    return {
        "address": f"{PATH}/{order['report_id']}",
        "number": order["report_number"],
        "kind": order["category_title"][language],
        "status": order["status_title"][language],
        "status_tone": report_views.tone_of(order["status"]),
        "due_at": order["due_at"],
        "place": place_of(order["location"], language),
        "is_urgent": order["priority"] == "urgent",
    }


def show_order(visit: Visit, report_id: UUID) -> flask.Response:
    """GET /desk/work-orders/{id}."""
    order = answer_or_problem(visit, f"{_ORDERS}/{report_id}")
    return visit.render(
        "work_order.html",
        order=order,
        row=_row(visit, order),
        location=order["location"] or {},
        done=done_of(visit, (_DONE,)),
    )


def show_photo(visit: Visit, report_id: UUID, attachment_id: UUID) -> flask.Response:
    """GET /desk/work-orders/{id}/photos/{id}."""
    path = f"{_ORDERS}/{report_id}/photos/{attachment_id}"
    return send_file_of(visit, path, f"photo-{attachment_id}")


def show_finish(visit: Visit, report_id: UUID) -> flask.Response:
    """GET /desk/work-orders/{id}/done."""
    return show_form(visit, _finish(visit, report_id))


def submit_finish(visit: Visit) -> flask.Response:
    """POST /desk/work-orders/done: the path names no order, because it takes more bytes than other forms."""
    return submit_form(visit, _finish(visit, require_id(visit.form.get("report_id", ""))))


def _finish(visit: Visit, report_id: UUID) -> EntryForm:
    path, page = f"{_ORDERS}/{report_id}", f"{PATH}/{report_id}"

    def look() -> Surroundings:
        order = answer_or_problem(visit, path)
        return Surroundings(facts=_facts(visit, order), blank={"report_id": str(report_id)})

    return EntryForm(
        name=_DONE,
        address=f"{page}/done",
        post_to=large_forms.FINISHED_WORK,
        back=page,
        fields=FIELDS,
        look=look,
        send=lambda typed: post(visit, f"{path}/complete", finished_work(typed), once=typed[KEY]),
        target=lambda _: f"{page}?done={_DONE}",
        upload=lambda photo: post_upload(visit, f"{path}/attachments", photo),
    )


def _facts(visit: Visit, order: Mapping[str, Any]) -> list[tuple[str, Any]]:
    row, text = _row(visit, order), visit.text
    due = order["due_at"]
    return [
        (text("desk_report_number"), code(row["number"])),
        (text("desk_report_kind"), row["kind"]),
        (text("column_place"), arabic(row["place"]) if row["place"] else None),
        (text("work_order_due"), moment(due, visit.language) if due else None),
    ]
