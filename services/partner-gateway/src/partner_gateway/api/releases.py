"""Releases of current that wait for the company, each with its permit and the verdict of today."""

from collections.abc import Mapping
from typing import Any

from chassis.call import page_of
from chassis.core import contracts
from partner_gateway.api.visits import require_grant, visit
from partner_gateway.context import Call
from partner_gateway.domain import grants
from partner_gateway.domain.following import RowsExhausted
from partner_gateway.domain.grants import Grant
from partner_gateway.domain.permit_documents import granted_fields
from partner_gateway.limits import rows_a_day
from partner_gateway.models import BuildingRelease
from partner_gateway.queries.permits import PERMITS_TOPIC
from partner_gateway.queries.releases import (
    WaitingReleases,
    permit_documents_of,
    waiting_releases,
)
from saudi.days import legal_day
from saudi.formats import with_hijri

KIND = "waiting-release"


def list_waiting_releases(
    call: Call, limit: int, waits_for: str | None = None, cursor: str | None = None
) -> dict[str, Any]:
    """GET: a page, the most urgent work first. Raises GrantRefused, RowsExhausted, InvalidFields on `cursor`."""
    search = WaitingReleases(waits_for=waits_for)
    demands = call.resources.limits.demands(call.actor, by_civil_id=False)
    with visit(call, KIND, *demands, waits_for=waits_for) as one:
        grant = require_grant(call, grants.release_refusal)
        granted = _take_rows(call, grant, limit)
        try:
            as_of = call.resources.shown_as_of(PERMITS_TOPIC)
            page = waiting_releases(call.session, search, page_of(call, granted, cursor))
            one.ids += dict.fromkeys(row.state["permit_id"] for row in page.rows)
            items = _items(call, grant, page.rows)
            one.count = len(items)
        finally:
            _give_back_rows(call, grant, granted - (one.count or 0))
    return {"as_of": as_of, "items": items, "next_cursor": page.next_cursor}


def _take_rows(call: Call, grant: Grant, limit: int) -> int:
    """Takes up to `limit` rows of the organisation's day. Raises RowsExhausted when none is left."""
    policy, now = rows_a_day(grant), call.now.timestamp()
    rows = call.quotas.take(policy, grant.organisation, limit, now=now)
    if not rows.granted:
        raise RowsExhausted(grant.rows_per_day, rows.resets_in)
    return rows.granted


def _give_back_rows(call: Call, grant: Grant, unused: int) -> None:
    """Gives rows back to the counter that they were taken from, which isn't the one of queries in hand."""
    if unused:
        now = call.now.timestamp()
        call.quotas.give_back(rows_a_day(grant), grant.organisation, unused, now=now)


def _items(call: Call, grant: Grant, rows: Any) -> list[dict[str, Any]]:
    permit_ids = list(dict.fromkeys(row.state["permit_id"] for row in rows))
    today = legal_day(call.now)
    permits = permit_documents_of(call.session, call.settings.documents, permit_ids, today)
    return [_item(row, permits[row.state["permit_id"]], grant) for row in rows]


def _item(row: BuildingRelease, permit: Mapping[str, Any], grant: Grant) -> dict[str, Any]:
    schemas = contracts.openapi("partner-gateway")["components"]["schemas"]
    shown = {
        "waits_for": row.waits_for,
        "waits_for_title": schemas["CompanyWork"]["x-titles"][row.waits_for],
        "since": row.waits_since.isoformat() if row.waits_since else None,
        "permit": granted_fields(permit, grant.fields),
    }
    return with_hijri(shown, ("since",))
