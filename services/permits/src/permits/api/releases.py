"""Operations on releases of electric current, and the answers that show releases."""

from typing import Any

from chassis.call import page_of
from chassis.data.paging import Page
from permits import events, queries
from permits.api.views import (
    Body,
    Created,
    View,
    history_view,
    note_of,
    title_view,
    with_flag_titles,
)
from permits.commands import release_current
from permits.commands.release_current import SiteInspection
from permits.context import Call
from permits.domain import releases
from permits.models import Release
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
    row = release_current.submit_release(
        call.work, permit_id, extent=body["extent"], note=note_of(body)
    )
    return release_view(row), 201


def record_site_inspection(call: Call, release_id: str, body: Body) -> View:
    seen = SiteInspection(
        result=body["result"],
        inspected_on=body["inspected_on"],
        inspector=body["inspector"],
        defects=tuple(body.get("defects") or ()),
    )
    return release_view(release_current.inspect_site(call.work, release_id, seen))


def approve_release(call: Call, release_id: str, body: Body) -> View:
    row = release_current.approve_release(
        call.work, release_id, extent=body["extent"], note=note_of(body)
    )
    return release_view(row)


def return_release(call: Call, release_id: str, body: Body) -> View:
    row = release_current.return_release(call.work, release_id, notes=body["notes"])
    return release_view(row)


def resubmit_release(call: Call, release_id: str, body: Body | None = None) -> View:
    row = release_current.resubmit_release(
        call.work, release_id, extent=body.get("extent") if body else None, note=note_of(body)
    )
    return release_view(row)


def ask_full_release(call: Call, release_id: str, body: Body | None = None) -> View:
    row = release_current.ask_full(call.work, release_id, note=note_of(body))
    return release_view(row)


def refuse_release(call: Call, release_id: str, body: Body) -> View:
    row = release_current.refuse_release(call.work, release_id, reason=body["reason"])
    return release_view(row)


def cancel_release(call: Call, release_id: str, body: Body) -> View:
    row = release_current.cancel_release(call.work, release_id, reason=body["reason"])
    return release_view(row)


def order_disconnection(call: Call, release_id: str, body: Body) -> View:
    row = release_current.order_disconnection(call.work, release_id, reason=body["reason"])
    return release_view(row)


def withdraw_disconnection(call: Call, release_id: str, body: Body) -> View:
    row = release_current.withdraw_disconnection(call.work, release_id, reason=body["reason"])
    return release_view(row)


def allow_reconnection(call: Call, release_id: str, body: Body) -> View:
    row = release_current.allow_reconnection(call.work, release_id, reason=body["reason"])
    return release_view(row)


def release_view(row: Release) -> View:
    """The contract's Release."""
    title = releases.STATUS_TITLES[releases.Status(row.status)]
    return {
        **with_flag_titles(events.release_state(row.record())),
        "status_title": title_view(title),
        "version": row.version,
    }


def release_page(page: Page[Release]) -> View:
    """The contract's ReleasePage."""
    return {"items": [release_view(row) for row in page.rows], "next_cursor": page.next_cursor}
