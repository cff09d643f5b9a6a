"""Operations on permits, also on permits from before the system, and the answers that show permits."""

from datetime import date
from typing import Any

from chassis.call import page_of
from chassis.data.paging import Page
from chassis.data.unit_of_work import UnitOfWork
from permits import events, queries
from permits.api.views import (
    Body,
    Created,
    View,
    history_view,
    kind_title,
    masked_owner,
    note_of,
    title_view,
    unpublished_view,
    warning_view,
    with_flag_titles,
)
from permits.commands import correct_permit, plausibility_warnings, suspend
from permits.commands.import_older import enter_one
from permits.context import Call
from permits.domain import permits
from permits.models import Permit
from permits.queries import PermitSearch
from saudi.days import legal_day
from saudi.formats import with_hijri


def find_permits(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    today = legal_day(call.now)
    page = queries.find_permits(
        call.session, call.actor, PermitSearch(**search), page_of(call, limit, cursor), today=today
    )
    return permit_page(page, today)


def get_permit(call: Call, permit_id: str) -> View:
    permit = queries.get_permit(call.session, call.actor, permit_id)
    return warned_view(call.work, permit)


def get_permit_history(call: Call, permit_id: str) -> View:
    at = call.session, call.actor, permit_id
    return history_view(queries.history_of_permit(*at), queries.certificates_of(*at))


def suspend_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = suspend.suspend(
        call.work, permit_id, reason=body["reason"], body=body["body"], note=note_of(body)
    )
    return warned_view(call.work, permit)


def reinstate_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = suspend.reinstate(
        call.work,
        permit_id,
        reason=body["reason"],
        insulation_years=call.settings.insulation_validity_years,
    )
    return warned_view(call.work, permit)


def cancel_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = suspend.cancel_permit(call.work, permit_id, reason=body["reason"], note=note_of(body))
    return warned_view(call.work, permit)


def cancel_permit_for_owner(call: Call, permit_id: str, body: Body) -> View:
    asked = suspend.OwnersRequest(
        reason=body["reason"],
        owner=body.get("owner", 0),
        by_representative=body.get("by_representative", False),
        papers=tuple(body["papers"]),
        note=note_of(body),
    )
    permit = suspend.cancel_for_owner(call.work, permit_id, asked)
    return warned_view(call.work, permit)


def amend_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = correct_permit.amend(
        call.work,
        permit_id,
        reason=body["reason"],
        wanted={name: part for name, part in body.items() if name != "reason"},
    )
    return warned_view(call.work, permit)


def enter_older_permit(call: Call, body: Body) -> Created:
    permit = enter_one.enter(call.work, body)
    return warned_view(call.work, permit), 201


def verify_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = enter_one.verify(
        call.work,
        permit_id,
        version=body["version"],
        scans=body.get("files", []),
        note=note_of(body),
    )
    return warned_view(call.work, permit)


OTHERS = ("contractor", "supervising_office")


def permit_view(row: Permit, today: date) -> View:
    """The contract's Permit, as of today."""
    record = row.record()
    return {
        **with_flag_titles(events.permit_state(record)),
        **_effective_status(row, today),
        "kind_title": kind_title(row.kind),
        "owners": [masked_owner(owner) for owner in record["owners"]],
        **{name: record[name] for name in ("engineering_office", *OTHERS)},
        **unpublished_view(record),
        "request_id": row.request_id,
        "source": row.source,
        "version": row.version,
    }


def warned_view(work: UnitOfWork, permit: Permit) -> View:
    """A permit, with what's odd about it today."""
    odd = plausibility_warnings.warnings_of_permit(work.session, permit)
    return {**permit_view(permit, legal_day(work.now)), "warnings": [*map(warning_view, odd)]}


def _effective_status(row: Permit, today: date) -> View:
    effective = permits.effective_status(row.status, row.expires_on, today)
    title = permits.STATUS_TITLES[effective]
    return {"effective_status": effective, "status_title": title_view(title)}


def permit_page(page: Page[Permit], today: date) -> View:
    """The contract's PermitPage."""
    items = [permit_row(row, today) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def permit_row(row: Permit, today: date) -> View:
    shown = {
        "permit_id": row.permit_id,
        "permit_number": row.permit_number,
        "municipality": row.municipality,
        "kind": row.kind,
        "kind_title": kind_title(row.kind),
        **_effective_status(row, today),
        "issued_on": row.issued_on.isoformat(),
        "expires_on": row.expires_on.isoformat(),
        "request_number": row.request_number,
        "origin": row.origin,
        "verified": row.verified,
        "plan_number": row.land["plan_number"],
        "plots": row.land["plots"],
        "town": row.land["town"],
        "district": row.land["district"],
    }
    return with_hijri(shown, events.DAYS)
