"""The change feed by question and answer, and the daily reconciliation file of partners who follow permits."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from chassis.access.quotas import Demand, Verdict
from chassis.call import page_of
from chassis.core import times
from chassis.core.refusals import Fault, InvalidFields
from chassis.fast.batching import Pause
from chassis.http.lines import Line as SentLine
from chassis.http.problems import Problem
from chassis.http.streams import Stream
from partner_gateway.api.licences import JSON_LINES, json_line
from partner_gateway.api.visits import rate_limits, refuse, require_grant, visit
from partner_gateway.context import Call
from partner_gateway.domain import following, grants
from partner_gateway.domain.following import (
    Difference,
    Following,
    RowsExhausted,
    differences,
)
from partner_gateway.domain.grants import Grant, Refusal
from partner_gateway.feed.readers import NOW, EventsGone, Reader, is_partner
from partner_gateway.feed.reading import Page
from partner_gateway.limits import rows_a_day
from partner_gateway.models import FollowedThing
from partner_gateway.queries import partners
from partner_gateway.record.chain import Access
from saudi.formats import with_hijri

# Requests of one organisation that wait in a worker at once. The worker takes 500 of all organisations.
MOST_WAITING = 200


@dataclass
class _Refused(Exception):
    """The grant doesn't allow it, or its rows of the day are used up."""

    refusal: Refusal


async def find_events(call: Call, limit: int, wait: int = 0, after: str | None = None) -> Any:
    """GET: what happened behind the cursor `after`, oldest first. Without anything to tell it waits up to `wait`
    seconds, and holds neither a thread nor a connection of the database meanwhile.

    A partner's page is read within its grant, also the one that was waited for, and counts as so many of its rows.
    Raises InvalidFields for another organisation's cursor, EventsGone, Unrecorded.
    """
    reader = Reader.of(call.actor)
    follows = Following({}) if is_partner(reader.audience) else None
    access = Access(
        caller=call.actor, at=call.now, operation=call.operation_id, decision="allowed", query=follows
    )  # fmt: skip
    admission = await call.resources.limits.admit_reader(call.actor, now=call.now.timestamp())
    if (verdict := admission.refused) is not None:
        return await _too_many(call, access, verdict)
    feed = call.resources.feed
    place = None if after in (None, NOW) else feed.cursors.read(reader, str(after))
    try:
        page = await _page(call, reader, place, 0 if after == NOW else limit)
        if not page.subjects and wait and after != NOW:
            page = await _wait_for_page(call, reader, page, limit=limit, seconds=wait)
    except EventsGone:
        raise
    except _Refused as error:
        await call.resources.recorder.add(
            replace(access, decision="denied", reason=error.refusal.code)
        )
        return refuse(error.refusal, admission.verdicts)
    except Exception:
        await call.resources.recorder.add(replace(access, decision="denied", reason="failed"))
        raise
    await call.resources.recorder.add(replace(access, permit_ids=page.subjects))
    cursor = feed.cursors.issue(reader, page.last if after == NOW else page.end)
    body = b'{"next_cursor":%b,"items":[%b]}' % (json.dumps(cursor).encode(), page.documents)
    return body, 200, rate_limits(admission.verdicts)


async def _page(call: Call, reader: Reader, place: int | None, limit: int) -> Page:
    """Returns a page; a partner's with no more changes than it has rows left, within its grant. Raises EventsGone and
    _Refused."""
    feed = call.resources.feed
    if not is_partner(reader.audience):
        return await feed.page(reader.audience, place, limit)
    grant = _grant(call)
    if not limit:
        return await feed.page(reader.audience, place, 0)
    limits, now = call.resources.limits, call.now.timestamp()
    rows = await limits.take_rows(grant, limit, now=now)
    if not rows.granted:
        raise _Refused(grants.rows_exhausted(grant, rows.resets_in))
    shown = 0
    try:
        page = await feed.page(reader.audience, place, rows.granted)
        shown = len(page.subjects)
    finally:
        limits.give_back_rows(grant, rows.granted - shown, now=now)
    return replace(page, documents=_granted_documents(page.documents, grant))


def _grant(call: Call) -> Grant:
    """Returns the grant in force now, at most `grant_seconds` old. A request that waited needs it too. Raises
    _Refused."""
    now = datetime.now(UTC)
    grant = call.resources.grant(call.actor.organisation, now)
    refusal = grants.follow_refusal(grant, now)
    if refusal is not None or grant is None:
        raise _Refused(refusal or grants.NO_GRANT)
    return grant


def _granted_documents(documents: bytes, grant: Grant) -> bytes:
    """Returns the changes within the grant's fields."""
    if grant.fields >= following.FIELDS:
        return documents
    shown = json.loads(b"[%b]" % documents)
    for one in shown:
        if one["source"] == following.SOURCE:
            one["data"] = following.granted(one["data"], grant.fields)
    return b",".join(json.dumps(one, ensure_ascii=False).encode() for one in shown)


async def _wait_for_page(
    call: Call, reader: Reader, page: Page, *, limit: int, seconds: int
) -> Page:
    """Waits for a change, and returns the page behind the empty page. Returns the empty page when nothing came in time,
    and at once when too many requests of the organisation wait."""
    feed = call.resources.feed
    if feed.waiting[reader.organisation] >= MOST_WAITING:
        return page
    pause = Pause(
        call.actor, lambda: feed.heads.is_behind(reader.audience, page.end), float(seconds)
    )
    feed.waiting[reader.organisation] += 1
    try:
        happened = await pause
    finally:
        feed.waiting[reader.organisation] -= 1
    return await _page(call, reader, page.end, limit) if happened else page


async def _too_many(call: Call, access: Access, verdict: Verdict) -> Problem:
    policy = verdict.policy
    refusal = grants.too_many(policy.name, policy.limit, policy.seconds, verdict.resets_in)
    if await call.resources.limits.records_refusal(call.actor, now=call.now.timestamp()):
        await call.resources.recorder.add(replace(access, decision="denied", reason=refusal.code))
    return refuse(refusal, [verdict])


KIND = "follow"
MOST_FAULTS = 20


def list_permit_days(call: Call, limit: int, cursor: str | None = None) -> Any:
    """GET: the days that have a file, the newest first."""
    with visit(call, KIND, _question(call)) as one:
        require_grant(call, grants.follow_refusal)
        page = partners.closed_days(call.session, page_of(call, limit, cursor))
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
        with visit(call, KIND, _question(call), day=day) as one:
            grant = require_grant(call, grants.follow_refusal)
            one.count = partners.closed_day(call.session, day).things
            _take_rows(call, grant, one.count)
    except BaseException:
        release()
        raise
    name = f"building-permits-{day.isoformat()}.ndjson"
    return Stream(_file_lines(call, day), release), 200, {
        "Content-Type": JSON_LINES, "Content-Disposition": f'attachment; filename="{name}"'
    }  # fmt: skip


def compare_permit_day(call: Call, day: date, body: Sequence[SentLine] = ()) -> Any:
    """POST: the differences between the caller's list and the day. Raises NotFound, GrantRefused, RowsExhausted and
    InvalidFields."""
    with visit(call, KIND, _question(call), day=day) as one:
        grant = require_grant(call, grants.follow_refusal)
        partners.closed_day(call.session, day)
        held = partners.things_of_day(call.session, day)
        found = differences(held, _listed_things(body))
        one.count = len(found)
        one.ids += sorted({item.held.permit_id for item in found if item.held})
        _take_rows(call, grant, len(found))
    return {
        "day": day.isoformat(),
        "things": len(held),
        "compared": len(body),
        "differences": [_difference(item) for item in found],
    }


def _listed_things(body: Sequence[SentLine]) -> list[tuple[str, int]]:
    """Raises InvalidFields that names the lines at fault."""
    faults = [
        Fault(f"lines.{line.number}.{fault.field}", fault.code, fault.params)
        for line in body
        if line.problem is not None
        for fault in line.problem.errors or [Fault("body", "invalid")]
    ]
    things = [(line.number, line.value) for line in body if line.problem is None]
    faults += [
        Fault(f"lines.{number}.{field}", code, params)
        for number, thing in things
        for field, code, params in following.thing_faults(thing)
    ]
    if faults:
        raise InvalidFields(faults[:MOST_FAULTS])
    return [following.heard_thing(thing) for _, thing in things]


def _question(call: Call) -> Demand:
    """Returns the demand of a question for a file, which counts as a question for changes."""
    return Demand(call.resources.limits.events, call.actor.subject)


def _take_rows(call: Call, grant: Grant, count: int) -> None:
    """The rows of a whole file, or none of them. Raises RowsExhausted."""
    if not count:
        return
    policy, now = rows_a_day(grant), call.now.timestamp()
    rows = call.quotas.take(policy, grant.organisation, count, now=now)
    if rows.granted < count:
        call.quotas.give_back(policy, grant.organisation, rows.granted, now=now)
        raise RowsExhausted(grant.rows_per_day, rows.resets_in)


def _file_lines(call: Call, day: date) -> Iterator[bytes]:
    """Yields a day's lines. Checks the grant before each piece, so that a file breaks off when the grant is
    withdrawn."""
    for rows in partners.pieces_of_day(call.resources.database, day):
        grant = require_grant(call, grants.follow_refusal, datetime.now(UTC))
        yield b"".join(json_line(_file_line(row, grant)) for row in rows)


def _file_line(row: FollowedThing, grant: Grant) -> dict[str, Any]:
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
