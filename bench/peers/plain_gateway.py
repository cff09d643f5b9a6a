"""The gateway's four queries without chassis.fast: a synchronous function, a thread for each request, SQLAlchemy Core.

    python -m bench.peers.plain_gateway

Everything else is the gateway's own: Connexion's steps, token and DPoP, scope, limits over all workers, grant, sealed
documents, and the row of the record, committed before the answer. Each request does its own round trips and its own
commit.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from chassis.access.quotas import Demand, LimitReached, Request, Verdict
from chassis.run.serve import serve
from partner_gateway import app
from partner_gateway.api import permits as operations
from partner_gateway.api.permits import Denied, Found, Lookup
from partner_gateway.context import Call
from partner_gateway.domain import grants, permit_queries
from partner_gateway.domain.grants import Grant
from partner_gateway.domain.permit_queries import Query
from partner_gateway.limits import Admission, rows_demand
from partner_gateway.queries import permits
from partner_gateway.queries.permits import Page, Position
from partner_gateway.record.chain import Access
from partner_gateway.settings import Settings
from saudi.days import legal_day


def find_building_permits(call: Call, limit: int, cursor: str | None = None, **filters: Any) -> Any:
    query = permit_queries.build_query(today=legal_day(call.now), **filters)
    after = operations._position(call, query, cursor)
    found = _look_up(call, Lookup(query=query, after=after, limit=limit))
    if isinstance(found, Denied):
        return operations._problem(found)
    return operations._linked_page(call, query, found, {**filters, "limit": limit})


def search_building_permits(call: Call, body: dict[str, Any]) -> Any:
    lookup = operations._owner_lookup(call, body)
    found = _look_up(call, lookup)
    if isinstance(found, Denied):
        return operations._problem(found)
    following = operations._next_cursor(call, lookup.query, found)
    return operations._page_body(found, following), 200, operations._headers(found)


def get_building_permit(call: Call, permit_id: str) -> Any:
    found = _look_up(call, Lookup(query=Query(permit_id=permit_id.lower())))
    if isinstance(found, Denied):
        return operations._problem(found)
    return operations._permit_answer(found)


def _look_up(call: Call, lookup: Lookup) -> Found | Denied:
    """Returns the permits. The query's row is committed to the record before."""
    recorder = call.resources.recorder
    try:
        outcome = _read_allowed(call, lookup)
    except Exception:
        recorder.write(operations._access(call, lookup, reason="failed"))
        raise
    if isinstance(outcome, Found):
        ids = outcome.page.permit_ids
        recorder.write(operations._access(call, lookup, permit_ids=ids))
    elif _is_recorded(call, outcome):
        recorder.write(operations._access(call, lookup, reason=outcome.refusal.code))
    return outcome


def _read_allowed(call: Call, lookup: Lookup) -> Found | Denied:
    limits = call.resources.limits
    grant = call.resources.grant(call.actor.organisation, call.now)
    refusal = grants.refusal(grant, lookup.query, purpose=lookup.purpose, now=call.now)
    by_civil_id = lookup.query.civil_id_keys is not None
    admission = Admission(_take(call, limits.demands(call.actor, by_civil_id=by_civil_id)))
    refusal = operations._limit_refusal(admission) or refusal
    if refusal is not None or grant is None:
        return Denied(admission, refusal or grants.NO_GRANT)
    (rows,) = _take(call, [rows_demand(grant, lookup.limit)])
    if not rows.granted:
        return Denied(admission, grants.rows_exhausted(grant, rows.resets_in))
    found = _read_page(call, lookup, admission, grant, rows.granted)
    unused = rows.granted - len(found.page.permit_ids)
    call.quotas.give_back(rows.policy, grant.organisation, unused, now=call.now.timestamp())
    return found


def _take(call: Call, demands: Sequence[Demand]) -> list[Verdict]:
    (verdicts,) = call.quotas.take_all([Request(demands, call.now.timestamp())])
    return verdicts


def _read_page(call: Call, lookup: Lookup, admission: Admission, grant: Grant, limit: int) -> Found:
    """Reads the page. Every measured query finds permits, so nothing is read about absent permits."""
    as_of, today = call.resources.as_of(), legal_day(call.now)
    values = permits.values_of(lookup.query, after=lookup.after, limit=limit, today=today)
    statement = _select(*permits.shape_of(lookup.query, lookup.after))
    # The pool whose connections plan a statement once and need no BEGIN for a single SELECT.
    with call.resources.database._single.connect() as connection:
        rows = connection.execute(statement, values).all()
    return Found(admission, grant, _page(call, rows, limit, today), as_of)


@cache
def _select(filters: frozenset[str], narrowed: bool, after: bool) -> Any:
    return permits.select_page(filters, narrowed, after)


def _page(call: Call, rows: Sequence[Any], limit: int, today: date) -> Page:
    """Opens and joins the documents. No measured document has facts that end with a day."""
    shown = rows[:limit]
    contexts = (permits._CONTEXT + row.permit_id.encode() for row in shown)
    opened = call.settings.documents.unseal_all([row.document for row in shown], contexts)
    documents = (
        _document(row, document, today) for row, document in zip(shown, opened, strict=True)
    )
    end = Position(shown[-1].issued_on, shown[-1].permit_id) if len(rows) > limit else None
    return Page(b",".join(documents), tuple(row.permit_id for row in shown), end)


def _document(row: Any, opened: bytes, today: date) -> bytes:
    facts = row.facts.encode() if row.facts else None
    return b"".join(permits.document_parts(today, row.status.encode(), facts, None, opened))


def _is_recorded(call: Call, denied: Denied) -> bool:
    if not denied.admission.refused:
        return True
    (verdict,) = _take(call, [Demand(call.resources.limits.refused, call.actor.subject)])
    return bool(verdict.granted)


def record_denied(call: Call, operation_id: str, reason: str) -> None:
    """Counts and records a valid token without the scope. Raises LimitReached."""
    demands = call.resources.limits.demands(call.actor, by_civil_id=False)
    if refused := Admission(_take(call, demands)).refused:
        raise LimitReached(refused.policy, refused.resets_in)
    access = Access(
        caller=call.actor, at=call.now, operation=operation_id, decision="denied", reason=reason
    )
    call.resources.recorder.write(access)


SERVICE = replace(
    app.SERVICE,
    fast=(),
    on_denied=record_denied,
    api=[
        "bench.peers.plain_gateway" if one == "partner_gateway.api.permits" else one
        for one in app.SERVICE.api
    ],
)


if __name__ == "__main__":
    serve(SERVICE, Settings.load("partner-gateway"))
