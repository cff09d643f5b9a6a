"""When a relay or a consumer dies or is frozen, another one goes on, and what wakes up again does no harm."""

import random
import signal
import time
from datetime import UTC, datetime
from typing import Any

from .stage import GATEWAY, PERMITS, Seat, Stage, demand, percentile
from .verdict import verdict

RELAYS = tuple(Seat(PERMITS, "work", number, ("--only", "relay")) for number in (1, 2))
CONSUMERS = tuple(
    Seat(GATEWAY, "work", number, ("--only", "consumer"), noted=True) for number in (1, 2)
)


def relay_takeover(rounds: int = 10) -> str:
    """kill -9 of one of two relays: how long the longest event waited. At most 2 s."""
    chance = random.Random(1)
    waits = []
    with Stage(RELAYS) as stage, stage.writing(stage.issue(16), 50) as writer:
        for number in range(rounds):
            victim = RELAYS[number % 2].name
            time.sleep(1 + chance.random())
            killed_at = datetime.now(UTC)
            stage.kill(victim)
            time.sleep(3)
            waits.append(_longest_wait(stage, killed_at))
            stage.launch(victim)
            stage.wait_ready(victim)
        writer.finish()
        _require_published(stage)
        found = verdict(stage, ledger=False)
    demand(found.lost + found.ghosts + found.disordered == 0, str(found))
    demand(
        max(waits) <= 2.0, f"an event waited {max(waits):.2f} s for another relay, more than 2 s"
    )
    return (
        f"{rounds} kills of a relay: the longest wait of an event was {max(waits):.2f} s (median of the kills "
        f"{percentile(waits, 0.5):.2f} s); of {found.events} events lost {found.lost}, "
        f"out of order {found.disordered}, sent again {found.resent}"
    )


def _require_published(stage: Stage) -> None:
    deadline = time.monotonic() + 20
    while stage.rows(PERMITS, "SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1"):
        demand(time.monotonic() < deadline, "rows still wait 20 s after the last write")
        time.sleep(0.05)


def _longest_wait(stage: Stage, since: datetime) -> float:
    """Returns the longest wait of the events that waited at `since` or were committed in the 2 s after."""
    statement = """SELECT extract(epoch FROM coalesce(published_at, now()) - greatest(created_at, :since))::float
        FROM outbox WHERE coalesce(published_at, now()) > :since AND created_at < :since + interval '2 s'"""
    return max((row[0] for row in stage.rows(PERMITS, statement, since=since)), default=0.0)


def consumer_takeover(rounds: int = 3) -> str:
    """kill -9 of one of two consumers: how long the longest event waited for its effect. At most 15 s."""
    waits = []
    with Stage((RELAYS[0], *CONSUMERS)) as stage:
        permits = stage.issue(48)
        with stage.writing(permits, 50) as writer:
            for number in range(rounds):
                victim = CONSUMERS[number % 2].name
                _require_shared_work(stage)
                killed_at = datetime.now(UTC)
                stage.kill(victim)
                time.sleep(17)
                waits.append(max(_effect_waits(stage, killed_at), default=float("inf")))
                stage.launch(victim)
                stage.wait_ready(victim)
            writer.finish()
        stage.drained(seconds=30)
        found = verdict(stage)
    found.require_clean()
    demand(
        max(waits) <= 15, f"an event waited {max(waits):.1f} s for another consumer, more than 15 s"
    )
    return f"{rounds} kills of a consumer: the longest wait of an effect was {max(waits):.1f} s; {found}"


def _require_shared_work(stage: Stage) -> None:
    """Waits until both consumers have partitions: each had an effect in the last two seconds."""
    deadline = time.monotonic() + 60
    statement = """SELECT count(DISTINCT pid) FROM faults_ledger
        WHERE pg_xact_commit_timestamp(xmin) > now() - interval '2 s'"""
    while stage.rows(GATEWAY, statement)[0][0] < 2:
        demand(time.monotonic() < deadline, "the two consumers don't share the work after 60 s")
        time.sleep(0.2)


def _effect_waits(stage: Stage, since: datetime) -> list[float]:
    """Returns the seconds from commit to effect of each event that was committed in the 2 s after `since`."""
    committed = dict(
        row._tuple()
        for row in stage.rows(
            PERMITS,
            "SELECT event_id, created_at FROM outbox WHERE created_at BETWEEN :since AND :since + interval '2 s'",
            since=since,
        )
    )
    done: dict[str, Any] = dict(
        row._tuple()
        for row in stage.rows(
            GATEWAY, "SELECT event_id, pg_xact_commit_timestamp(xmin) FROM faults_ledger WHERE event_id = ANY(:ids)",
            ids=list(committed),
        )
    )  # fmt: skip
    now = datetime.now(UTC)
    return [(done.get(event_id, now) - at).total_seconds() for event_id, at in committed.items()]


def zombies(seconds: float = 20, rounds: int = 2) -> str:
    """SIGSTOP of a relay and a consumer, then SIGCONT: what wakes up takes no effect twice and none out of order."""
    waits = []
    with Stage((*RELAYS, *CONSUMERS)) as stage:
        permits = stage.issue(48)
        with stage.writing(permits, 50) as writer:
            for number in range(rounds):
                _require_shared_work(stage)
                pair = RELAYS[number % 2].name, CONSUMERS[number % 2].name
                stopped_at = datetime.now(UTC)
                for name in pair:
                    stage.send(name, signal.SIGSTOP)
                time.sleep(seconds)
                for name in pair:
                    stage.send(name, signal.SIGCONT)
                time.sleep(5)
                waits.append(max(_effect_waits(stage, stopped_at), default=float("inf")))
                for name in pair:  # a zombie may have found out and ended; then it's started again
                    if not stage.alive(name):
                        stage.launch(name)
                        stage.wait_ready(name)
            writer.finish()
        stage.drained(seconds=30)
        found = verdict(stage)
    found.require_clean()
    return (
        f"{rounds} × relay and consumer frozen for {seconds:.0f} s: doubled effects {found.doubled}, "
        f"out of order {found.disordered}; the longest wait of an effect was {max(waits):.1f} s; {found}"
    )
