"""The record as its readers see it: the partner's auditor, and the officer who answers an owner."""

from datetime import datetime, timedelta
from typing import Any

from chassis.core import times
from chassis.core.refusals import InvalidFields
from chassis.data.paging import issue_cursor, read_cursor
from partner_gateway.api.status import charge_look
from partner_gateway.context import Call
from partner_gateway.queries.accesses import AccessQuery, accesses

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
    """The range of times. Raises InvalidFields when it's empty or too wide."""
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
    rows, end = accesses(call.session, query, after=position, limit=limit)
    items = [
        {
            "at": times.shown(row.at),
            **{name: getattr(row, name) for name in shown},
        }
        for row in rows
    ]
    return {"items": items, "next_cursor": issue_cursor(secret, end, bound) if end else None}
