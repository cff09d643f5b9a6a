"""Licences, for the staff of the municipality that issued them."""

from typing import Any

from chassis.call import page_of
from licences.api import views
from licences.api.edge import View
from licences.context import Call
from licences.queries import licences
from licences.queries.licences import LicenceSearch
from licences.queries.remarks import remarks_of
from saudi.days import legal_day


def list_licences(call: Call, limit: int, cursor: str | None = None, **filters: Any) -> View:
    today = legal_day(call.now)
    page = licences.list_licences(
        call.session,
        call.actor,
        LicenceSearch(**filters),
        page_of(call, limit, cursor),
        today=today,
    )
    items = [views.licence_view(row, today) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_licence(call: Call, licence_no: str) -> View:
    row = licences.get_licence(call.session, call.actor, licence_no)
    return views.licence_view(row, legal_day(call.now))


def explain_licence(call: Call, licence_no: str) -> View:
    row = licences.get_licence(call.session, call.actor, licence_no)
    return views.explanation_view(row.decision)


def get_licence_history(call: Call, licence_no: str) -> View:
    rows = licences.history_of_licence(call.session, call.actor, licence_no)
    return views.history_view(rows, remarks_of(call.session, rows))
