"""Visits, and their results after the issue of a licence."""

from chassis.call import page_of
from licences.api import views
from licences.api.edge import Body, View
from licences.commands import licences
from licences.context import Call
from licences.queries import inspections


def list_inspections(
    call: Call,
    limit: int,
    cursor: str | None = None,
    municipality: str | None = None,
    result: str = inspections.DUE,
) -> View:
    page = inspections.list_visits(
        call.session, call.actor, municipality, page_of(call, limit, cursor), result=result
    )
    items = [views.inspection_view(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def record_visit(call: Call, inspection_id: str, body: Body) -> View:
    row = licences.record_visit(
        call.session,
        call.actor,
        inspection_id,
        passed=body["passed"],
        inspected_on=body["inspected_on"],
        note=body["note"],
        now=call.now,
    )
    return views.inspection_view(row)
