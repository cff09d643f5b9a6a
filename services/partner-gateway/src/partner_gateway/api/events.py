"""The change feed, by question and answer."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from chassis.access.quotas import Verdict
from chassis.fast.batching import Pause
from chassis.http.problems import Problem
from partner_gateway import domain
from partner_gateway.api.limited import rate_limits, refused
from partner_gateway.context import Call
from partner_gateway.domain import Grant, Refusal, following
from partner_gateway.domain.following import Following
from partner_gateway.feed.cursors import NOW, EventsGone, Reader
from partner_gateway.feed.hearing import is_partner
from partner_gateway.feed.reading import Page
from partner_gateway.record import Access

# Of one organisation's requests, in a worker, which takes 500 of all.
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
            page = await _awaited(call, reader, page, limit=limit, seconds=wait)
    except EventsGone:
        raise
    except _Refused as error:
        await call.resources.recorder.add(
            replace(access, decision="denied", reason=error.refusal.code)
        )
        return refused(error.refusal, admission.verdicts)
    except Exception:
        await call.resources.recorder.add(replace(access, decision="denied", reason="failed"))
        raise
    await call.resources.recorder.add(replace(access, permit_ids=page.subjects))
    cursor = feed.cursors.issue(reader, page.last if after == NOW else page.end)
    body = b'{"next_cursor":%b,"items":[%b]}' % (json.dumps(cursor).encode(), page.documents)
    return body, 200, rate_limits(admission.verdicts)


async def _page(call: Call, reader: Reader, place: int | None, limit: int) -> Page:
    """A page; a partner's with no more changes than it has rows left, within its grant. Raises EventsGone and
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
        raise _Refused(domain.rows_exhausted(grant, rows.resets_in))
    shown = 0
    try:
        page = await feed.page(reader.audience, place, rows.granted)
        shown = len(page.subjects)
    finally:
        limits.give_back_rows(grant, rows.granted - shown, now=now)
    return replace(page, documents=_granted(page.documents, grant))


def _grant(call: Call) -> Grant:
    """The grant of this moment, which a request that waited has to have too; it's `grant_seconds` old at the most.
    Raises _Refused."""
    now = datetime.now(UTC)
    grant = call.resources.grant(call.actor.organisation, now)
    refusal = domain.follow_refusal(grant, now)
    if refusal is not None or grant is None:
        raise _Refused(refusal or domain.NO_GRANT)
    return grant


def _granted(documents: bytes, grant: Grant) -> bytes:
    """The changes within the grant's fields."""
    if grant.fields >= following.FIELDS:
        return documents
    shown = json.loads(b"[%b]" % documents)
    for one in shown:
        if one["source"] == following.SOURCE:
            one["data"] = following.granted(one["data"], grant.fields)
    return b",".join(json.dumps(one, ensure_ascii=False).encode() for one in shown)


async def _awaited(call: Call, reader: Reader, page: Page, *, limit: int, seconds: int) -> Page:
    """The page behind an empty one, once there is something; else the empty one, and at once for an organisation of
    which too many wait."""
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
    refusal = domain.too_many(policy.name, policy.limit, policy.seconds, verdict.resets_in)
    if await call.resources.limits.records_refusal(call.actor, now=call.now.timestamp()):
        await call.resources.recorder.add(replace(access, decision="denied", reason=refusal.code))
    return refused(refusal, [verdict])
