"""Bugs on the way from a municipality's application to its licence and its change feed, for the world of licences."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import text

from . import in_consumer
from .bug import beside, patch
from .bug import bug as any_bug

bug = partial(any_bug, world="licences")


@bug("an application is accepted once", "partner-gateway", "serve")
def keys_are_forgotten() -> None:
    """Nobody remembers what a key was answered with: what is sent again is carried out again."""
    from chassis.data import idempotency

    patch(idempotency, "begin", lambda *_words: None)


@bug("what is accepted is there", "licences", "consumer", nemesis=("sigkill-licences-work",))
def offset_before_application() -> None:
    """Offsets are committed before the applications are stored: dying between the two loses them."""
    in_consumer.commit_the_offset_first()


@bug("what is issued was paid for", "licences", "consumer")
def issued_when_billed() -> None:
    """What costs something is issued as soon as it's billed, and its money comes for an application that has ended."""
    from licences.commands import decide
    from licences.commands.issue import carry_out_request

    bill = decide.bill_application

    def trusting(work: Any, row: Any, rules: Any) -> Any:
        invoice = bill(work, row, rules)
        carry_out_request(work, row)
        return invoice

    patch(decide, "bill_application", trusting)


@bug(
    "each fee is billed once, to the halala",
    "licences",
    "consumer",
    nemesis=("sigkill-licences-work",),
)
def invoice_in_another_transaction() -> None:
    """The invoice is published before the application's own change is committed: dying between the two leaves a bill of
    an invoice that nobody knows, and the next decision makes another one."""
    from invoicing import machine

    publish = machine.publish

    def early(session: Any, event: Any) -> str:
        if event.topic != "licences.invoice":
            return str(publish(session, event))
        with beside(session) as other:
            event_id = str(publish(other, event))
            other.commit()
        time.sleep(1.0)  # the moment in which a kill does harm
        return event_id

    patch(machine, "publish", early)


@bug("each licence is issued once", "licences", "consumer", processes=2)
def decided_by_two() -> None:
    """A question that somebody has in hand is asked by others too, and the decision isn't asked whether it was made."""
    from licences.commands import decide
    from licences.domain.applications import Status

    patch(
        decide,
        "_CLAIM",
        text(
            """UPDATE ask SET lease_until = :until, attempts = attempts + 1 WHERE application_id IN (
            SELECT application_id FROM ask WHERE due_at <= :now ORDER BY due_at LIMIT :most)
            RETURNING application_id"""
        ),
    )
    patch(decide, "UNDECIDED", frozenset(Status))


@bug("numbers are unique", "licences", "consumer", processes=2)
def numbers_without_a_lock() -> None:
    """The last number is read, and the next one written back: two at a time draw the same. No constraint notices."""
    from licences.commands import issue

    last = text(
        "SELECT last FROM number_series WHERE series = :series AND branch = :branch AND year = :year"
    )
    keep = text(
        "INSERT INTO number_series (series, branch, year, last) VALUES (:series, :branch, :year, :last)"
        " ON CONFLICT (series, branch, year) DO UPDATE SET last = excluded.last"
    )

    dropped: list[bool] = []

    def unwatched(session: Any) -> None:
        if dropped:
            return
        dropped.append(True)
        with beside(session) as other:
            other.execute(
                text("ALTER TABLE licence DROP CONSTRAINT IF EXISTS uq_licence_licence_no")
            )
            other.commit()

    def draw(session: Any, series: str, branch: str, year: int) -> int:
        place: Mapping[str, Any] = {"series": series, "branch": branch, "year": year}
        unwatched(session)
        found = int(session.scalar(last, place) or 0)
        time.sleep(0.05)
        session.execute(keep, {**place, "last": found + 1})
        return found + 1

    patch(issue, "draw", draw)


@bug("nobody hears of others", "partner-gateway", "consumer")
def audience_of_the_one_before() -> None:
    """Keeps the audience of a change in one place for all: the next change finds the audience of the change before."""
    from partner_gateway.commands import feed_changes

    municipality = feed_changes.municipality
    kept: list[Any] = []

    def stale(code: str) -> Any:
        kept.append(municipality(code))
        return kept[-2] if len(kept) > 1 else kept[-1]

    patch(feed_changes, "municipality", stale)


@bug(
    "the feed tells each change once",
    "partner-gateway",
    "consumer",
    nemesis=("sigkill-partner-gateway-work",),
)
def told_before_it_is_projected() -> None:
    """The inbox is marked in a transaction of its own: dying before the change is in the feed leaves it untold."""
    in_consumer.inbox_apart()
