"""What callers see of themselves: completeness, quota, grant, and the record of their queries."""

from datetime import datetime, timedelta
from typing import Any

from chassis.access import quotas
from chassis.access.quotas import Policy
from chassis.core import times
from chassis.core.refusals import InvalidFields
from chassis.data.paging import issue_cursor, read_cursor
from partner_gateway.api.visits import charge_look, refuse
from partner_gateway.context import Call
from partner_gateway.domain import grants, permit_documents
from partner_gateway.limits import rows_a_day
from partner_gateway.queries.permits import PERMITS_TOPIC
from partner_gateway.record.accesses import AccessQuery, find_access_rows


def get_status(call: Call) -> dict[str, Any]:
    """GET: how far the read model is complete. Raises LimitReached."""
    charge_look(call)
    return {"as_of": call.resources.shown_as_of(PERMITS_TOPIC)}


def get_quota(call: Call) -> dict[str, Any]:
    """GET: each limit of the caller, as the database counts it. Raises LimitReached."""
    charge_look(call)
    held = [one[:2] for one in call.resources.limits.demands(call.actor, by_civil_id=True)]
    grant = call.resources.grant(call.actor.organisation, call.now)
    if grant is not None and grant.in_force(call.now):
        held = [*held, (rows_a_day(grant), grant.organisation)]
    return {"limits": [_state(call, policy, subject) for policy, subject in held]}


def get_grant(call: Call) -> Any:
    """GET: what the caller's organisation may ask, and for which purposes. Raises LimitReached."""
    charge_look(call)
    grant = call.resources.grant(call.actor.organisation, call.now)
    if grant is None or not grant.in_force(call.now):
        return refuse(grants.NO_GRANT, ())
    return {
        "purposes": grants.show_purposes(grant.purposes, grant.query_kinds),
        "query_kinds": sorted(grant.query_kinds),
        "entry_kinds": sorted(grant.entry_kinds),
        "widest_span_days": grant.widest_span_days,
        "fields": sorted(grant.fields | set(permit_documents.ALWAYS)),
        "rows_per_day": grant.rows_per_day,
        "valid_until": times.shown(grant.valid_until),
    }


def _state(call: Call, policy: Policy, subject: str) -> dict[str, Any]:
    state = quotas.state(call.session, policy, subject, now=call.now.timestamp())
    return {
        "name": policy.name,
        "limit": policy.limit,
        "window_seconds": policy.seconds,
        "remaining": state.remaining,
        "resets_in_seconds": state.resets_in,
    }


USUAL_SPAN, WIDEST_SPAN = timedelta(days=31), timedelta(days=366)
_OWN = "subject client_id operation query_kinds filters purpose case_reference decision reason result_count".split()
_TOLD = "organisation purpose query_kinds".split()


def find_accesses(
    call: Call,
    limit: int,
    since: str | None = None,
    until: str | None = None,
    subject: str | None = None,
    decision: str | None = None,
    cursor: str | None = None,
) -> dict[str, Any]:
    """GET: rows of the caller's own organisation. Raises LimitReached."""
    charge_look(call)
    begin, end = span(since, until, call.now)
    query = AccessQuery(
        since=begin, until=end, organisation=call.actor.organisation, subject=subject, decision=decision
    )  # fmt: skip
    asked = [since, until, subject, decision]
    return _page(call, query, asked, limit=limit, after=cursor, shown=_OWN)


def find_permit_accesses(
    call: Call,
    permit_id: str,
    limit: int,
    since: str | None = None,
    until: str | None = None,
    cursor: str | None = None,
) -> dict[str, Any]:
    """GET: which organisations saw a permit. Raises LimitReached."""
    charge_look(call)
    begin, end = span(since, until, call.now)
    query = AccessQuery(since=begin, until=end, permit_id=permit_id.lower())
    return _page(call, query, [permit_id, since, until], limit=limit, after=cursor, shown=_TOLD)


def span(since: str | None, until: str | None, now: datetime) -> tuple[datetime, datetime]:
    """Returns the range of times. Raises InvalidFields when it's empty or too wide."""
    end = datetime.fromisoformat(until.upper()) if until else now
    try:
        begin = datetime.fromisoformat(since.upper()) if since else end - USUAL_SPAN
    except OverflowError:  # the first month of the year 1
        raise InvalidFields.of("since", "span", limit=WIDEST_SPAN.days) from None
    if not timedelta(0) < end - begin <= WIDEST_SPAN:
        raise InvalidFields.of("since", "span", limit=WIDEST_SPAN.days)
    return begin, end


def _page(
    call: Call,
    query: AccessQuery,
    asked: list[str | None],
    *,
    limit: int,
    after: str | None,
    shown: list[str],
) -> dict[str, Any]:
    secret, bound = call.settings.cursor_secret, [call.operation_id, call.actor.organisation, asked]
    position = read_cursor(secret, after, bound) if after else None
    rows, end = find_access_rows(call.session, query, after=position, limit=limit)
    items = [
        {
            "at": times.shown(row.at),
            **{name: getattr(row, name) for name in shown},
        }
        for row in rows
    ]
    return {"items": items, "next_cursor": issue_cursor(secret, end, bound) if end else None}
