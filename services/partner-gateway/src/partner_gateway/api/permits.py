"""Building permits: pages by filters or by owner, and one by its id.

`_look_up` takes grant, limits with the rows of the day, the page and the record, always in this order. A query over a
limit is refused for the limit, also where the grant doesn't allow the query."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from chassis.access.quotas import LimitReached
from chassis.core import contracts
from chassis.core.times import rfc3339
from chassis.data.paging import issue_cursor, read_cursor
from chassis.http.problems import Problem
from partner_gateway.api.visits import rate_limits, refuse
from partner_gateway.context import Call
from partner_gateway.domain import grants, permit_documents, permit_queries
from partner_gateway.domain.grants import Grant, Refusal
from partner_gateway.domain.permit_queries import Query
from partner_gateway.limits import Admission, rows_demand
from partner_gateway.queries.permits import Page, Position, shown_documents
from partner_gateway.record.chain import Access
from saudi.days import legal_day

PATH = "/v1/building-permits"
# What a search's body has beside the filters.
_NO_FILTERS = {*permit_queries.OWNER_NUMBERS, "purpose", "case_reference", "limit", "cursor"}


@cache
def _all_fields() -> frozenset[str]:
    """Returns the fields that a grant may name: those of the contract's document."""
    schemas = contracts.openapi("partner-gateway")["components"]["schemas"]
    never_named = {*permit_documents.ALWAYS, permit_documents.CONNECTION}
    return frozenset(schemas["BuildingPermit"]["properties"]) - never_named


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """A query with its purpose, the cursor's position, and at most how many permits."""

    query: Query
    purpose: str | None = None
    case_reference: str | None = None
    after: Position | None = None
    limit: int = 1


@dataclass(frozen=True)
class Found:
    """The page, the moment up to which it's complete, the grant with the fields that are shown, and why a number has no
    answer, if the grant says so."""

    admission: Admission
    grant: Grant
    page: Page
    as_of: datetime | None
    absence: dict[str, Any] | None = None


@dataclass(frozen=True)
class Denied:
    """Why the query is refused."""

    admission: Admission
    refusal: Refusal


async def find_building_permits(
    call: Call, limit: int, cursor: str | None = None, **filters: Any
) -> Any:
    """GET: by issue-date range, plan number or permit number."""
    query = permit_queries.build_query(today=legal_day(call.now), **filters)
    after = _position(call, query, cursor)
    found = await _look_up(call, Lookup(query=query, after=after, limit=limit))
    if isinstance(found, Denied):
        return _problem(found)
    return _linked_page(call, query, found, {**filters, "limit": limit})


def _linked_page(call: Call, query: Query, found: Found, asked: dict[str, Any]) -> Any:
    """Returns a page with the address of the next page in the header Link."""
    following, headers = _next_cursor(call, query, found), _headers(found)
    if following:
        target = urlencode({**asked, "cursor": following})
        headers["Link"] = f'<{call.settings.public_url}{PATH}?{target}>; rel="next"'
    return _page_body(found, following), 200, headers


async def search_building_permits(call: Call, body: dict[str, Any]) -> Any:
    """POST: by an owner's number, for a purpose and a case."""
    lookup = _owner_lookup(call, body)
    found = await _look_up(call, lookup)
    if isinstance(found, Denied):
        return _problem(found)
    return _page_body(found, _next_cursor(call, lookup.query, found)), 200, _headers(found)


def _owner_lookup(call: Call, body: dict[str, Any]) -> Lookup:
    """Returns the query of a search. The owner's number leaves this function only as its keyed hashes."""
    owner_kind, number = permit_queries.owner_number(body)
    query = permit_queries.build_query(
        today=legal_day(call.now),
        civil_id_keys=tuple(call.settings.blind_index.keys(number)),
        owner_kind=owner_kind,
        **{name: value for name, value in body.items() if name not in _NO_FILTERS},
    )
    return Lookup(
        query=query, purpose=body["purpose"], case_reference=body["case_reference"],
        after=_position(call, query, body.get("cursor")), limit=body.get("limit", 50),
    )  # fmt: skip


async def get_building_permit(call: Call, permit_id: str) -> Any:
    """GET: one permit. A missing permit is recorded too."""
    found = await _look_up(call, Lookup(query=Query(permit_id=permit_id.lower())))
    return _problem(found) if isinstance(found, Denied) else _permit_answer(found)


def _permit_answer(found: Found) -> Any:
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


async def _look_up(call: Call, lookup: Lookup) -> Found | Denied:
    """Returns the permits, within the limits and the grant of the caller's organisation.

    The query's row is in the record, allowed or denied, before this returns; also of a query that fails. The
    first queries of a minute over a limit have a row. Raises Unrecorded.
    """
    recorder = call.resources.recorder
    try:
        outcome = await _read_allowed(call, lookup)
    except Exception:
        await recorder.add(_access(call, lookup, reason="failed"))
        raise
    if isinstance(outcome, Found):
        await recorder.add(_access(call, lookup, permit_ids=outcome.page.permit_ids))
    elif await _is_recorded(call, outcome):
        await recorder.add(_access(call, lookup, reason=outcome.refusal.code))
    return outcome


def _access(
    call: Call, lookup: Lookup, *, reason: str | None = None, permit_ids: Sequence[str] = ()
) -> Access:
    """Returns the query as the record keeps it: denied where there is a reason, else allowed."""
    return Access(
        caller=call.actor, at=call.now, operation=call.operation_id, query=lookup.query,
        purpose=lookup.purpose, case_reference=lookup.case_reference,
        decision="denied" if reason else "allowed", reason=reason, permit_ids=permit_ids,
    )  # fmt: skip


async def _is_recorded(call: Call, denied: Denied) -> bool:
    if not denied.admission.refused:
        return True
    return await call.resources.limits.records_refusal(call.actor, now=call.now.timestamp())


async def _read_allowed(call: Call, lookup: Lookup) -> Found | Denied:
    limits, now = call.resources.limits, call.now.timestamp()
    grant = call.resources.grant(call.actor.organisation, call.now)
    refusal = grants.refusal(grant, lookup.query, purpose=lookup.purpose, now=call.now)
    admission = await limits.admit(
        call.actor, by_civil_id=lookup.query.civil_id_keys is not None, now=now,
        rows=rows_demand(grant, lookup.limit) if grant and not refusal else None,
    )  # fmt: skip
    refusal = _limit_refusal(admission) or refusal
    if refusal or grant is None or admission.rows is None:
        return Denied(admission, refusal or grants.NO_GRANT)
    granted, used = admission.rows.granted, 0
    if not granted:
        return Denied(admission, grants.rows_exhausted(grant, admission.rows.resets_in))
    try:
        found = await _read_page(call, lookup, admission, grant, granted)
        used = len(found.page.permit_ids) or int(found.absence is not None)
    finally:
        limits.give_back_rows(grant, granted - used, now=now)
    return found


def _limit_refusal(admission: Admission) -> Refusal | None:
    verdict = admission.refused
    if verdict is None:
        return None
    policy = verdict.policy
    return grants.too_many(policy.name, policy.limit, policy.seconds, verdict.resets_in)


async def _read_page(
    call: Call, lookup: Lookup, admission: Admission, grant: Grant, limit: int
) -> Found:
    """Reads the page, or why a number has no permit. That reason costs a row too: else numbers could be tried without
    end.

    `as_of` is read before the page. Read afterwards it might name a moment after the SELECT.
    """
    as_of = call.resources.as_of()
    page = await call.resources.permits.page(
        lookup.query, after=lookup.after, limit=limit, today=legal_day(call.now)
    )
    number = lookup.query.permit_number or lookup.query.request_key
    if (
        page.permit_ids
        or lookup.after
        or number is None
        or permit_queries.ABSENCE not in grant.fields
    ):
        return Found(admission, grant, page, as_of)
    absence = await call.resources.permits.absence(number)
    return Found(admission, grant, page, as_of, absence)


def _as_of(found: Found) -> str:
    """Writes the moment up to which the answer is complete as JSON."""
    return f'"{rfc3339(found.as_of)}"' if found.as_of else "null"


def _position(call: Call, query: Query, after: str | None) -> Position | None:
    """Returns the end of the previous page. Raises InvalidFields for the cursor of another query."""
    if after is None:
        return None
    return Position.parse(read_cursor(call.settings.cursor_secret, after, _bound(call, query)))


def _next_cursor(call: Call, query: Query, found: Found) -> str | None:
    end = found.page.end
    if end is None:
        return None
    return issue_cursor(call.settings.cursor_secret, str(end), _bound(call, query))


def _bound(call: Call, query: Query) -> list[Any]:
    """Returns the query and organisation that a cursor is bound to."""
    return [call.actor.organisation, query.filters()]


def _page_body(found: Found, following: str | None) -> bytes:
    """Returns the page as JSON. A cursor is base64url, which needs no quoting."""
    documents = shown_documents(found.page, found.grant, _all_fields())
    cursor = f'"{following}"' if following else "null"
    absence = json.dumps(found.absence, ensure_ascii=False) if found.absence else "null"
    start = f'{{"as_of":{_as_of(found)},"next_cursor":{cursor},"absence":{absence},"items":['
    return b"%b%b]}" % (start.encode(), documents)


def _problem(denied: Denied) -> Problem:
    return refuse(denied.refusal, denied.admission.verdicts)


def _headers(outcome: Found | Denied) -> dict[str, str]:
    return rate_limits(outcome.admission.verdicts)
