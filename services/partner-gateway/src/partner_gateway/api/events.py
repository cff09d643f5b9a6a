"""The change feed, by question and answer."""

import json
from dataclasses import replace
from typing import Any

from chassis.access.quotas import Verdict
from chassis.fast.batching import Pause
from chassis.http.problems import Problem
from partner_gateway import domain
from partner_gateway.api.limited import rate_limits, refused
from partner_gateway.context import Call
from partner_gateway.feed.cursors import NOW, EventsGone, Reader
from partner_gateway.feed.reading import Page
from partner_gateway.record import Access

# Of one organisation's requests, in a worker, which takes 500 of all.
MOST_WAITING = 200


async def find_events(call: Call, limit: int, wait: int = 0, after: str | None = None) -> Any:
    """GET: what happened behind the cursor `after`, oldest first. Without anything to tell it waits up to `wait`
    seconds, and holds neither a thread nor a connection of the database meanwhile.

    Raises InvalidFields for another organisation's cursor, EventsGone, Unrecorded.
    """
    reader = Reader.of(call.actor)
    access = Access(caller=call.actor, at=call.now, operation=call.operation_id, decision="allowed")
    admission = await call.resources.limits.admit_reader(call.actor, now=call.now.timestamp())
    if (verdict := admission.refused) is not None:
        return await _too_many(call, access, verdict)
    feed = call.resources.feed
    place = None if after in (None, NOW) else feed.cursors.read(reader, str(after))
    try:
        page = await feed.page(reader.audience, place, 0 if after == NOW else limit)
        if not page.subjects and wait and after != NOW:
            page = await _awaited(call, reader, page, limit=limit, seconds=wait)
    except EventsGone:
        raise
    except Exception:
        await call.resources.recorder.add(replace(access, decision="denied", reason="failed"))
        raise
    await call.resources.recorder.add(replace(access, permit_ids=page.subjects))
    following = feed.cursors.issue(reader, page.last if after == NOW else page.end)
    body = b'{"next_cursor":%b,"items":[%b]}' % (json.dumps(following).encode(), page.documents)
    return body, 200, rate_limits(admission.verdicts)


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
    return await feed.page(reader.audience, page.end, limit) if happened else page


async def _too_many(call: Call, access: Access, verdict: Verdict) -> Problem:
    policy = verdict.policy
    refusal = domain.too_many(policy.name, policy.limit, policy.seconds, verdict.resets_in)
    if await call.resources.limits.records_refusal(call.actor, now=call.now.timestamp()):
        await call.resources.recorder.add(replace(access, decision="denied", reason=refusal.code))
    return refused(refusal, [verdict])
