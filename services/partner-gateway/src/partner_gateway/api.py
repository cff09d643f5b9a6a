"""Operations of the partner gateway."""

import json
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import urlencode

import flask

from chassis import contracts
from chassis.call import Call
from chassis.problems import FieldError, Problem
from partner_gateway import commands, cursor, domain, queries
from partner_gateway.domain import Grant, Query, Refusal


@cache
def _all_fields() -> frozenset[str]:
    """The fields that a grant may name: those of the contract's document."""
    schemas = contracts.openapi("partner-gateway")["components"]["schemas"]
    return frozenset(schemas["BuildingPermit"]["properties"]) - set(domain.ALWAYS)


def find_building_permits(call: Call, limit: int, cursor: str | None = None, **filters: Any) -> Any:
    """GET: by issue-date range, plan number or permit number."""
    query = domain.build_query(today=domain.riyadh_date(call.now), **filters)
    asked = {name: str(value) for name, value in filters.items()}
    return _answer(call, query, limit=limit, after=cursor, asked=asked)


def search_building_permits(call: Call, body: dict[str, Any]) -> Any:
    """POST: by an owner's civil ID, for a purpose and a case."""
    filters: dict[str, Any] = {
        name: date.fromisoformat(value) if name in {"issued_from", "issued_to"} else value
        for name, value in body.items()
        if name not in {"civil_id", "purpose", "case_reference", "limit", "cursor"}
    }
    settings = call.settings
    number = domain.civil_id(body["civil_id"])
    key = domain.blind_key(settings.blind_index_secret, settings.blind_index_key_version, number)
    query = domain.build_query(today=domain.riyadh_date(call.now), civil_id_key=key, **filters)
    case = {"purpose": body["purpose"], "case_reference": body["case_reference"]}
    return _answer(call, query, limit=body.get("limit", 50), after=body.get("cursor"), case=case)


def get_building_permit(call: Call, permit_id: str) -> Any:
    """GET: one permit. A missing one is recorded too."""
    found = _read(call, Query(permit_id=permit_id.lower()), limit=1, after=None, case={})
    if isinstance(found, Problem):
        return found
    page, grant = found
    if not page.documents:
        return Problem("not-found")
    (document,) = queries.shown_documents(page.documents, grant, _all_fields())
    return f'{{"as_of":{_as_of(call)},"item":{document}}}'.encode(), 200


def get_status(call: Call) -> dict[str, Any]:
    """GET: how far the read model is complete."""
    return {"as_of": json.loads(_as_of(call))}


def record_denied(call: Call, operation_id: str, reason: str) -> None:
    """A valid token without the scope: recorded before it's refused."""
    access = commands.Access(caller=call.actor, now=call.now, operation=operation_id)
    commands.record_access(call.session, access, decision="denied", reason=reason)


def _answer(
    call: Call,
    query: Query,
    *,
    limit: int,
    after: str | None,
    asked: dict[str, str] | None = None,
    case: dict[str, str] | None = None,
) -> Any:
    found = _read(call, query, limit=limit, after=after, case=case or {})
    if isinstance(found, Problem):
        return found
    page, grant = found
    following = None
    if page.end is not None:
        following = cursor.issue(
            call.settings.cursor_secret, page.end, query, call.actor.organisation
        )
    documents = ",".join(queries.shown_documents(page.documents, grant, _all_fields()))
    body = f'{{"as_of":{_as_of(call)},"next_cursor":{json.dumps(following)},"items":[{documents}]}}'
    headers = {}
    if following and asked is not None:
        target = urlencode({**asked, "limit": limit, "cursor": following})
        headers["Link"] = f'<{call.settings.public_url}{flask.request.path}?{target}>; rel="next"'
    return body.encode(), 200, headers


def _read(
    call: Call, query: Query, *, limit: int, after: str | None, case: dict[str, str]
) -> tuple[queries.Page, Grant] | Problem:
    """Asks the grant, reads, records. The record and the answer are one transaction."""
    caller, session, today = call.actor, call.session, domain.riyadh_date(call.now)
    position = None
    if after is not None:
        position = cursor.read(call.settings.cursor_secret, after, query, caller.organisation)
    grant = queries.grant_of(session, caller.organisation, call.now)
    served = queries.rows_served(session, caller.organisation, today)
    refused = domain.refusal(
        grant, query, purpose=case.get("purpose"), rows_today=served, now=call.now
    )
    record = commands.Access(
        caller=caller, now=call.now, operation=call.operation_id, query=query,
        purpose=case.get("purpose"), case_reference=case.get("case_reference"),
    )  # fmt: skip
    if grant is None or refused is not None:
        reason = refused.code if refused else "no-grant"
        commands.record_access(session, record, decision="denied", reason=reason)
        return _problem(refused)
    limit = min(limit, grant.rows_per_day - served)
    page = queries.page(session, query, after=position, limit=limit, today=today)
    commands.record_access(session, record, decision="allowed", permit_ids=page.permit_ids)
    if page.permit_ids:
        commands.count_rows(session, caller.organisation, today, len(page.permit_ids))
    return page, grant


def _problem(refused: Refusal | None) -> Problem:
    if refused is None:
        return Problem("grant-refused", code="no-grant")
    errors = [FieldError(refused.field, refused.code, refused.params)] if refused.field else []
    headers = {"Retry-After": str(refused.retry_after)} if refused.retry_after else {}
    return Problem(
        refused.problem, code=refused.code, params=refused.params, errors=errors, headers=headers
    )


def _as_of(call: Call) -> str:
    moment = queries.as_of(call.session)
    return json.dumps(moment.isoformat().replace("+00:00", "Z")) if moment else "null"
