"""Bugs of the consumer."""

import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from chassis.events import consumer, inbox, parking
from chassis.events.consumer import Consumer

from .bug import beside, bug, patch


@bug("every effect once", "partner-gateway", "consumer", nemesis=("sigkill-partner-gateway-work",))
def commit_the_offset_first() -> None:
    """Offsets are committed before the effects: dying between the two loses the effects."""

    def step(self: Consumer, stop: threading.Event) -> int:
        records = self._client.poll(consumer.POLL_MS)
        done = {(record.topic, record.partition): record.offset + 1 for record in records}
        if done and self._client.commit(done):
            time.sleep(0.3)
        self._settle(records, stop)
        self._note_progress()
        return len(records)

    patch(Consumer, "step", step)


@bug(
    "every effect once",
    "partner-gateway",
    "consumer",
    nemesis=("sigkill-partner-gateway-work", "sigkill-permits-work"),
)
def no_inbox() -> None:
    """Nobody remembers what took effect: a second delivery takes effect again."""

    def accept(session: Session, *, consumer: str, arrived: Any) -> set[str]:
        return {
            event_id
            for event_id, topic, key in arrived
            if not parking.is_parked(session, consumer, topic, key)
        }

    _replace_inbox(accept)
    settle = Consumer._settle

    def slowly(self: Consumer, *words: Any) -> int:
        settled = settle(self, *words)
        time.sleep(0.2 if settled else 0)  # between the effects and their offsets
        return settled

    patch(Consumer, "_settle", slowly)


def _replace_inbox(accept: Callable[..., set[str]]) -> None:
    patch(inbox, "accept", accept)
    patch(inbox, "taken", lambda _session, **_names: False)
    patch(inbox, "take", lambda _session, **_names: True)


@bug("every effect once", "partner-gateway", "consumer", nemesis=("sigkill-partner-gateway-work",))
def inbox_apart() -> None:
    """The inbox is marked in a transaction of its own: dying before the effect leaves a mark without effect."""
    accept = inbox.accept

    def apart(session: Session, **names: Any) -> set[str]:
        with beside(session) as other:
            fresh = accept(other, **names)
            other.commit()
        time.sleep(0.2)
        return fresh

    patch(inbox, "accept", apart)


@bug("the read model never goes back", "partner-gateway", "consumer", nemesis=("old-event",))
def no_version_guard() -> None:
    """An event that's older than the read model's state overwrites it."""
    from partner_gateway.commands import projections

    def upsert(session: Session, table: Any, rows: Any) -> None:
        statement, (key, *names) = postgresql.insert(table), rows[0]
        newest = {name: statement.excluded[name] for name in names}
        session.execute(statement.on_conflict_do_update(index_elements=[key], set_=newest), rows)

    patch(projections, "keep_newest", upsert)


@bug("poison is kept", "partner-gateway", "consumer", nemesis=("poison", "poison-live"))
def swallow_errors() -> None:
    """An event that fails is passed over without being parked."""
    settle_one = Consumer._settle_one

    def swallow(self: Consumer, record: Any, error: Exception, stop: threading.Event) -> bool:
        if isinstance(error, (OperationalError, InterfaceError)):
            return settle_one(self, record, error, stop)
        return True

    patch(Consumer, "_settle_one", swallow)


@bug("poison is kept", "partner-gateway", "consumer", nemesis=("poison", "poison-live"))
def forget_the_park() -> None:
    """Later events of a key that waits behind a parked event take effect and overtake it."""
    statement = text(
        "INSERT INTO inbox (consumer, event_id) SELECT :consumer, unnest(CAST(:event_ids AS text[]))"
        " ON CONFLICT DO NOTHING RETURNING event_id"
    )

    def accept(session: Session, *, consumer: str, arrived: Any) -> set[str]:
        event_ids = [event_id for event_id, _, _ in arrived]
        return set(session.scalars(statement, {"consumer": consumer, "event_ids": event_ids}))

    patch(inbox, "accept", accept)
    patch(parking, "is_parked", lambda *_words, **_names: False)


@bug("as_of is honest", "partner-gateway", "consumer", nemesis=("sigstop-permits-work",))
def claim_completeness() -> None:
    """`as_of` claims that the read model is complete up to now, even with unread records."""
    from chassis.events.kafka import Consumer as Client
    from chassis.events.kafka import Position

    settle = Consumer._settle

    def slowly(self: Consumer, *words: Any) -> int:
        time.sleep(1.5)  # behind, as after an outage
        return settle(self, *words)

    positions = Client.positions

    def at_the_end(self: Client) -> dict[tuple[str, int], Position]:
        return {part: Position(one.end, one.end) for part, one in positions(self).items()}

    patch(Client, "positions", at_the_end)
    patch(Consumer, "_settle", slowly)
