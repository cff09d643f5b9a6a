"""Bugs in the change feed and the webhooks, for the world of the feed."""

from functools import partial
from typing import Any

from .bug import beside, patch
from .bug import bug as any_bug

bug = partial(any_bug, world="feed")


@bug("nobody misses a change", "partner-gateway", "serve")
def cursor_on_the_identity() -> None:
    """Readers go on by the number of the row instead of its place: a number that's committed late is passed."""
    from partner_gateway.feed import reading

    patch(
        reading,
        "_PAGE",
        """
SELECT 1::bigint AS first, head.last, page.place, page.subject, page.document
FROM (SELECT coalesce(max(event), 0) AS last FROM feed_event) AS head LEFT JOIN LATERAL (
    SELECT event AS place, subject, document FROM feed_event
    WHERE $1 = ANY(audiences) AND event > $2 ORDER BY event LIMIT $3
) page ON true ORDER BY page.place
""",
    )
    patch(reading.Heads, "is_behind", lambda *_: True)


@bug("what is heard was committed", "partner-gateway", "writer", nemesis=("sigkill-writer",))
def append_in_another_transaction() -> None:
    """The change joins the feed in a transaction of its own, before that of the thing: which may never be committed."""
    from tests.faults.feed import writer

    from chassis.data.sealed import keys_of

    append = writer.append

    def apart(session: Any, change: Any) -> None:
        with beside(session) as other:
            other.get_bind().dialect.chassis_keys = keys_of(session)  # type: ignore[attr-defined]
            append(other, change)
            other.commit()

    patch(writer, "append", apart)


@bug("what is called delivered was taken", "partner-gateway", "webhooks")
def delivered_before_it_is_sent() -> None:
    """A delivery is written down as taken, and then it's sent."""
    from chassis.data.unit_of_work import UnitOfWork
    from partner_gateway.webhooks import deliveries, rules
    from partner_gateway.webhooks.posting import WebhookPoster

    call = WebhookPoster.call

    def hopeful(self: Any, job: Any, waited: float) -> Any:
        if isinstance(job, deliveries.Due):
            with self.database.transaction() as session:
                work = UnitOfWork(session, rules.SYSTEM, self.clock())
                deliveries.settle_delivery(
                    work, job.webhook_id, job.place, outcome="200", public_url=self._public_url
                )
        return call(self, job, waited)

    patch(WebhookPoster, "call", hopeful)


@bug("nobody hears a change twice", "partner-gateway", "sequencer", processes=2)
def two_sequencers_at_once() -> None:
    """Nobody waits for another sequencer: both see the same changes without a place."""
    from partner_gateway.feed import sequencer

    patch(sequencer, "PLACE", sequencer.PLACE.replace("FOR UPDATE", ""))


@bug("nobody misses a change", "partner-gateway", "serve")
def the_cursor_is_the_head() -> None:
    """The cursor of a page is the newest place that's given, instead of the last one on the page."""
    from dataclasses import replace

    from partner_gateway.feed.reading import Feed

    page = Feed.page

    async def hasty(self: Any, *words: Any) -> Any:
        found = await page(self, *words)
        return replace(found, end=max(found.end, found.last))

    patch(Feed, "page", hasty)


@bug("the address is told everything", "partner-gateway", "webhooks")
def the_place_moves_before_the_rows() -> None:
    """A webhook's place moves on first, in a transaction of its own; what is drawn then begins behind it."""
    from sqlalchemy import text

    from partner_gateway.webhooks import deliveries

    draw = deliveries.draw_deliveries
    move = text(
        "UPDATE webhook SET place = last FROM feed_head head"
        " WHERE webhook.audience = head.audience AND webhook_id = :id"
    )

    def early(session: Any, webhook_id: str, now: Any) -> None:
        with beside(session) as other:
            other.execute(move, {"id": webhook_id})
            other.commit()
        draw(session, webhook_id, now)

    patch(deliveries, "draw_deliveries", early)
