"""Queries for building permits: limits, grant, reading, the record, the answer."""

import json
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import urlencode

from chassis import contracts
from chassis.call import Call
from chassis.problems import FieldError, Problem
from chassis.quotas import Verdict
from chassis.times import rfc3339
from partner_gateway import cursor, domain, queries
from partner_gateway.domain import Grant, Query, Refusal
from partner_gateway.kept_pages import Page, Position
from partner_gateway.record import Access

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
    query = domain.build_query(today=domain.riyadh_date(call.now), **filters)
    asked = {name: str(value) for name, value in filters.items()}
    return await _answer(call, query, limit=limit, after=cursor, asked=asked)


async def search_building_permits(call: Call, body: dict[str, Any]) -> Any:
    """POST: by an owner's civil ID, for a purpose and a case."""
    filters: dict[str, Any] = {
        name: date.fromisoformat(value) if name in {"issued_from", "issued_to"} else value
        for name, value in body.items()
        if name not in {"civil_id", "purpose", "case_reference", "limit", "cursor"}
    }
    keys = tuple(call.settings.blind_index.keys(domain.civil_id(body["civil_id"])))
    query = domain.build_query(today=domain.riyadh_date(call.now), civil_id_keys=keys, **filters)
    case = {"purpose": body["purpose"], "case_reference": body["case_reference"]}
    return await _answer(
        call, query, limit=body.get("limit", 50), after=body.get("cursor"), case=case
    )


async def get_building_permit(call: Call, permit_id: str) -> Any:
    """GET: one permit. A missing one is recorded too."""
    found = await _Reading(call, Query(permit_id=permit_id.lower())).read(limit=1, after=None)
    if isinstance(found, Problem):
        return found
    page, grant, headers = found
    if not page.documents:
        return Problem("not-found", headers=headers)
    document = queries.shown_documents(page, grant, _all_fields())
    return b'{"as_of":%b,"item":%b}' % (as_of(call).encode(), document), 200, headers


def record_denied(call: Call, operation_id: str, reason: str) -> None:
    """A valid token without the scope: recorded before it's refused."""
    call.parts.recorder.add(
        Access(
            caller=call.actor, at=call.now, operation=operation_id, decision="denied", reason=reason
        )
    )


async def _answer(
    call: Call,
    query: Query,
    *,
    limit: int,
    after: str | None,
    asked: dict[str, str] | None = None,
    case: dict[str, str] | None = None,
) -> Any:
    found = await _Reading(call, query, **(case or {})).read(limit=limit, after=after)
    if isinstance(found, Problem):
        return found
    page, grant, headers = found
    following = None
    if page.end is not None:
        bound = _bound(call, query)
        following = cursor.issue(call.settings.cursor_secret, str(page.end), bound)
    documents = queries.shown_documents(page, grant, _all_fields())
    start = f'{{"as_of":{as_of(call)},"next_cursor":{json.dumps(following)},"items":['
    body = start.encode() + documents + b"]}"
    if following and asked is not None:
        target = urlencode({**asked, "limit": limit, "cursor": following})
        headers["Link"] = f'<{call.settings.public_url}{PATH}?{target}>; rel="next"'
    return body, 200, headers


def _bound(call: Call, query: Query) -> list[Any]:
    """What a cursor belongs to."""
    return [call.actor.organisation, query.filters()]


class _Reading:
    """One query on its way: it's recorded whatever becomes of it, and before anything is answered."""

    def __init__(
        self,
        call: Call,
        query: Query,
        purpose: str | None = None,
        case_reference: str | None = None,
    ) -> None:
        self._call, self._query = call, query
        self._purpose, self._case_reference = purpose, case_reference
        self._now = call.now.timestamp()

    async def read(
        self, *, limit: int, after: str | None
    ) -> tuple[Page, Grant, dict[str, str]] | Problem:
        """The page, the grant it's shown by, and headers. Raises InvalidQuery for a wrong cursor."""
        call, query = self._call, self._query
        position = self._position(after)
        by_civil_id = query.civil_id_keys is not None
        limits = call.parts.limits
        admission = limits.admit(call.actor, by_civil_id=by_civil_id, now=self._now)
        headers = admission.headers()
        if admission.refused:
            return await self._refuse_limit(admission.refused, headers)
        grant = call.parts.grant(call.actor.organisation, call.now)
        refused = domain.refusal(grant, query, purpose=self._purpose, now=call.now)
        if refused is not None:
            return await self._refuse(refused, headers)
        rows = limits.take_rows(grant, limit, now=self._now)
        if not rows.granted:
            return await self._refuse(domain.rows_exhausted(grant, rows.resets_in), headers)
        page = await call.parts.permits.page(
            query, reader=call.actor.organisation, after=position, limit=rows.granted,
            today=domain.riyadh_date(call.now),
        )  # fmt: skip
        limits.give_back_rows(grant, rows.granted - len(page.permit_ids), now=self._now)
        await self._record("allowed", permit_ids=page.permit_ids)
        return page, grant, headers

    def _position(self, after: str | None) -> Position | None:
        if after is None:
            return None
        bound = _bound(self._call, self._query)
        return Position.parse(cursor.read(self._call.settings.cursor_secret, after, bound))

    async def _record(self, decision: str, **known: Any) -> None:
        await self._call.parts.recorder.add_with_others(
            Access(
                caller=self._call.actor, at=self._call.now, operation=self._call.operation_id,
                query=self._query, purpose=self._purpose, case_reference=self._case_reference,
                decision=decision, **known,
            )
        )  # fmt: skip

    async def _refuse_limit(self, verdict: Verdict, headers: dict[str, str]) -> Problem:
        policy = verdict.policy
        params = {"limit": policy.limit, "window": policy.seconds, "seconds": verdict.resets_in}
        refused = Refusal(
            problem="quota-exceeded", code=policy.name, params=params, retry_after=verdict.resets_in
        )
        return await self._refuse(refused, headers)

    async def _refuse(self, refused: Refusal, headers: dict[str, str]) -> Problem:
        await self._record("denied", reason=refused.code)
        errors = [FieldError(refused.field, refused.code, refused.params)] if refused.field else []
        if refused.retry_after:
            headers = {**headers, "Retry-After": str(refused.retry_after)}
        return Problem(
            refused.problem,
            code=refused.code,
            params=refused.params,
            errors=errors,
            headers=headers,
        )


def as_of(call: Call) -> str:
    """The time up to which the answer is complete, as JSON."""
    moment = call.parts.as_of()
    return json.dumps(rfc3339(moment)) if moment else "null"
