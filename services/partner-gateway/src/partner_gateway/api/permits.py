"""Queries for building permits."""

import json
from functools import cache
from typing import Any
from urllib.parse import urlencode

from chassis.access.quotas import LimitReached
from chassis.core import contracts
from chassis.core.times import rfc3339
from chassis.data.paging import issue_cursor, read_cursor
from chassis.http.problems import Problem
from partner_gateway import domain
from partner_gateway.api.limited import rate_limits, refused
from partner_gateway.context import Call
from partner_gateway.domain import Query
from partner_gateway.lookups import Denied, Found, Lookup, look_up
from partner_gateway.queries.pages import shown_documents
from partner_gateway.queries.statements import Position
from partner_gateway.record import Access
from saudi.days import legal_day

PATH = "/v1/building-permits"


@cache
def _all_fields() -> frozenset[str]:
    """The fields that a grant may name: those of the contract's document."""
    schemas = contracts.openapi("partner-gateway")["components"]["schemas"]
    return frozenset(schemas["BuildingPermit"]["properties"]) - set(domain.ALWAYS)


async def find_building_permits(
    call: Call, limit: int, cursor: str | None = None, **filters: Any
) -> Any:
    """GET: by issue-date range, plan number or permit number."""
    query = domain.build_query(today=legal_day(call.now), **filters)
    after = _position(call, query, cursor)
    found = await look_up(call, Lookup(query=query, after=after, limit=limit))
    if isinstance(found, Denied):
        return _problem(found)
    following, headers = _next_cursor(call, query, found), _headers(found)
    if following:
        asked = {name: str(value) for name, value in filters.items()}
        target = urlencode({**asked, "limit": limit, "cursor": following})
        headers["Link"] = f'<{call.settings.public_url}{PATH}?{target}>; rel="next"'
    return _page_body(found, following), 200, headers


async def search_building_permits(call: Call, body: dict[str, Any]) -> Any:
    """POST: by an owner's number, for a purpose and a case."""
    filters: dict[str, Any] = {
        name: value
        for name, value in body.items()
        if name not in {*domain.OWNER_NUMBERS, "purpose", "case_reference", "limit", "cursor"}
    }
    owner_kind, number = domain.owner_number(body)
    query = domain.build_query(
        today=legal_day(call.now),
        civil_id_keys=tuple(call.settings.blind_index.keys(number)),
        owner_kind=owner_kind,
        **filters,
    )
    lookup = Lookup(
        query=query, purpose=body["purpose"], case_reference=body["case_reference"],
        after=_position(call, query, body.get("cursor")), limit=body.get("limit", 50),
    )  # fmt: skip
    found = await look_up(call, lookup)
    if isinstance(found, Denied):
        return _problem(found)
    return _page_body(found, _next_cursor(call, query, found)), 200, _headers(found)


async def get_building_permit(call: Call, permit_id: str) -> Any:
    """GET: one permit. A missing one is recorded too."""
    found = await look_up(call, Lookup(query=Query(permit_id=permit_id.lower())))
    if isinstance(found, Denied):
        return _problem(found)
    if not found.page.documents:
        return Problem("not-found", headers=_headers(found))
    document = shown_documents(found.page, found.grant, _all_fields())
    return b'{"as_of":%b,"item":%b}' % (_as_of(found).encode(), document), 200, _headers(found)


async def record_denied(call: Call, operation_id: str, reason: str) -> None:
    """A valid token without the scope: recorded before it's refused.

    It's counted as a query, so that nobody fills the record with refusals: past the limit no row is written, and the
    caller gets a 429. Raises LimitReached.
    """
    admission = await call.resources.limits.admit(
        call.actor, by_civil_id=False, now=call.now.timestamp()
    )
    if admission.refused:
        raise LimitReached(admission.refused.policy, admission.refused.resets_in)
    await call.resources.recorder.add(
        Access(
            caller=call.actor, at=call.now, operation=operation_id, decision="denied", reason=reason
        )
    )


def _as_of(found: Found) -> str:
    """Writes the moment up to which the answer is complete as JSON."""
    return json.dumps(rfc3339(found.as_of)) if found.as_of else "null"


def _position(call: Call, query: Query, after: str | None) -> Position | None:
    """The end of the previous page. Raises InvalidFields for the cursor of another query."""
    if after is None:
        return None
    return Position.parse(read_cursor(call.settings.cursor_secret, after, _bound(call, query)))


def _next_cursor(call: Call, query: Query, found: Found) -> str | None:
    end = found.page.end
    if end is None:
        return None
    return issue_cursor(call.settings.cursor_secret, str(end), _bound(call, query))


def _bound(call: Call, query: Query) -> list[Any]:
    """The query and organisation that a cursor is bound to."""
    return [call.actor.organisation, query.filters()]


def _page_body(found: Found, following: str | None) -> bytes:
    documents = shown_documents(found.page, found.grant, _all_fields())
    absence = json.dumps(found.absence, ensure_ascii=False)
    start = f'{{"as_of":{_as_of(found)},"next_cursor":{json.dumps(following)},"absence":{absence},"items":['
    return start.encode() + documents + b"]}"


def _problem(denied: Denied) -> Problem:
    return refused(denied.refusal, denied.admission.verdicts)


def _headers(outcome: Found | Denied) -> dict[str, str]:
    return rate_limits(outcome.admission.verdicts)
