"""Operations on releases of electric current."""

from typing import Any

from chassis.call import page_of
from permits import queries
from permits.api.edge import Body, Created, View, note_of
from permits.api.histories import history_view
from permits.api.views import release_page, release_view
from permits.commands import releasing
from permits.commands.releasing import Inspected
from permits.context import Call
from permits.queries import ReleaseSearch


def list_releases(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    page = page_of(call, limit, cursor)
    return release_page(
        queries.list_releases(call.session, call.actor, ReleaseSearch(**search), page)
    )


def get_release(call: Call, release_id: str) -> View:
    return release_view(queries.get_release(call.session, call.actor, release_id))


def get_release_history(call: Call, release_id: str) -> View:
    return history_view(queries.history_of_release(call.session, call.actor, release_id))


def submit_release(call: Call, permit_id: str, body: Body) -> Created:
    row = releasing.submit_release(
        *(call.session, call.actor, permit_id),
        extent=body["extent"],
        note=note_of(body),
        now=call.now,
    )
    return release_view(row), 201


def record_site_inspection(call: Call, release_id: str, body: Body) -> View:
    seen = Inspected(
        result=body["result"],
        inspected_on=body["inspected_on"],
        inspector=body["inspector"],
        defects=tuple(body.get("defects") or ()),
    )
    return release_view(
        releasing.inspect_site(call.session, call.actor, release_id, seen, now=call.now)
    )


def approve_release(call: Call, release_id: str, body: Body) -> View:
    row = releasing.approve_release(
        *(call.session, call.actor, release_id),
        extent=body["extent"],
        note=note_of(body),
        now=call.now,
    )
    return release_view(row)


def return_release(call: Call, release_id: str, body: Body) -> View:
    row = releasing.return_release(
        call.session, call.actor, release_id, notes=body["notes"], now=call.now
    )
    return release_view(row)


def resubmit_release(call: Call, release_id: str, body: Body | None = None) -> View:
    row = releasing.resubmit_release(
        *(call.session, call.actor, release_id),
        extent=body.get("extent") if body else None,
        note=note_of(body),
        now=call.now,
    )
    return release_view(row)


def ask_full_release(call: Call, release_id: str, body: Body | None = None) -> View:
    row = releasing.ask_full(call.session, call.actor, release_id, note=note_of(body), now=call.now)
    return release_view(row)


def refuse_release(call: Call, release_id: str, body: Body) -> View:
    row = releasing.refuse_release(
        call.session, call.actor, release_id, reason=body["reason"], now=call.now
    )
    return release_view(row)


def cancel_release(call: Call, release_id: str, body: Body) -> View:
    row = releasing.cancel_release(
        call.session, call.actor, release_id, reason=body["reason"], now=call.now
    )
    return release_view(row)


def order_disconnection(call: Call, release_id: str, body: Body) -> View:
    row = releasing.order_disconnection(
        call.session, call.actor, release_id, reason=body["reason"], now=call.now
    )
    return release_view(row)


def withdraw_disconnection(call: Call, release_id: str, body: Body) -> View:
    row = releasing.withdraw_disconnection(
        call.session, call.actor, release_id, reason=body["reason"], now=call.now
    )
    return release_view(row)


def allow_reconnection(call: Call, release_id: str, body: Body) -> View:
    row = releasing.allow_reconnection(
        call.session, call.actor, release_id, reason=body["reason"], now=call.now
    )
    return release_view(row)
