"""The daily reconciliation file: what a day held, for a partner's machine, and what differs from its own list."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from chassis.access.quotas import Demand
from chassis.call import page_of
from chassis.core import times
from chassis.core.refusals import Fault, InvalidFields
from chassis.http.lines import Line as SentLine
from chassis.http.streams import Stream
from partner_gateway import domain
from partner_gateway.api.municipal import JSON_LINES, json_line
from partner_gateway.context import Call
from partner_gateway.domain import Grant, following
from partner_gateway.domain.days import Difference, differences
from partner_gateway.domain.following import GrantRefused, RowsExhausted
from partner_gateway.limits import rows_a_day
from partner_gateway.models import FollowedThing
from partner_gateway.queries import days as queries
from partner_gateway.visits import visit
from saudi.formats import with_hijri

KIND = "follow"
MOST_FAULTS = 20


def list_permit_days(call: Call, limit: int, cursor: str | None = None) -> Any:
    """GET: the days that have a file, the newest first."""
    with visit(call, KIND, _look(call)) as one:
        _grant(call)
        page = queries.days(call.session, page_of(call, limit, cursor))
        one.count = 0
    items = [
        with_hijri(
            {
                "day": row.day.isoformat(),
                "things": row.things,
                "closed_at": times.shown(row.closed_at),
            },
            ("day",),
        )
        for row in page.rows
    ]
    return {"items": items, "next_cursor": page.next_cursor}


def get_permit_day(call: Call, day: date) -> Any:
    """GET: all that the day held, one thing a line. Raises NotFound, GrantRefused, RowsExhausted, TooManyExports."""
    release = call.resources.exports.take()
    try:
        with visit(call, KIND, _look(call), day=day) as one:
            grant = _grant(call)
            one.count = queries.closed_day(call.session, day).things
            _take_rows(call, grant, one.count)
    except BaseException:
        release()
        raise
    name = f"building-permits-{day.isoformat()}.ndjson"
    return Stream(_lines(call, day), release), 200, {
        "Content-Type": JSON_LINES, "Content-Disposition": f'attachment; filename="{name}"'
    }  # fmt: skip


def compare_permit_day(call: Call, day: date, body: Sequence[SentLine] = ()) -> Any:
    """POST: the things of which the caller's list says something else than the day. Raises NotFound, GrantRefused,
    RowsExhausted and InvalidFields."""
    with visit(call, KIND, _look(call), day=day) as one:
        grant = _grant(call)
        queries.closed_day(call.session, day)
        held = queries.held(call.session, day)
        found = differences(held, _listed(body))
        one.count = len(found)
        one.ids += sorted({item.held.permit_id for item in found if item.held})
        _take_rows(call, grant, len(found))
    return {
        "day": day.isoformat(),
        "things": len(held),
        "compared": len(body),
        "differences": [_difference(item) for item in found],
    }


def _listed(body: Sequence[SentLine]) -> list[tuple[str, int]]:
    """Raises InvalidFields that names the lines at fault."""
    faults = [
        Fault(f"lines.{line.number}.{fault.field}", fault.code, fault.params)
        for line in body
        if line.problem is not None
        for fault in line.problem.errors or [Fault("body", "invalid")]
    ]
    if faults:
        raise InvalidFields(faults[:MOST_FAULTS])
    return [(line.value["thing_id"].lower(), line.value["sequence"]) for line in body]


def _look(call: Call) -> Demand:
    """A question for a file counts as one for changes."""
    return Demand(call.resources.limits.events, call.actor.subject)


def _grant(call: Call, now: datetime | None = None) -> Grant:
    """Raises GrantRefused."""
    moment = now or call.now
    grant = call.resources.grant(call.actor.organisation, moment)
    refusal = domain.follow_refusal(grant, moment)
    if refusal is not None or grant is None:
        refusal = refusal or domain.NO_GRANT
        raise GrantRefused(refusal.code, **refusal.params)
    return grant


def _take_rows(call: Call, grant: Grant, count: int) -> None:
    """The rows of a whole file, or none of them. Raises RowsExhausted."""
    if not count:
        return
    policy, now = rows_a_day(grant), call.now.timestamp()
    rows = call.quotas.take(policy, grant.organisation, count, now=now)
    if rows.granted < count:
        call.quotas.give_back(policy, grant.organisation, rows.granted, now=now)
        raise RowsExhausted(grant.rows_per_day, rows.resets_in)


def _lines(call: Call, day: date) -> Iterator[bytes]:
    """The grant is looked at before each piece: a file that's being sent breaks off when it's withdrawn."""
    for rows in queries.pieces(call.resources.database, day):
        grant = _grant(call, datetime.now(UTC))
        yield b"".join(json_line(_line(row, grant)) for row in rows)


def _line(row: FollowedThing, grant: Grant) -> dict[str, Any]:
    return {
        "thing_id": row.thing_id,
        "type": row.type,
        "sequence": row.version,
        "event_id": row.event_id,
        "data": following.granted(row.data, grant.fields),
    }


def _difference(one: Difference) -> dict[str, Any]:
    held = one.held
    return {
        "thing_id": one.thing_id,
        "difference": one.difference,
        "yours": one.yours,
        "ours": held.sequence if held else None,
        "type": held.type if held else None,
        "permit_id": held.permit_id if held else None,
        "permit_number": held.permit_number if held else None,
    }
