"""One run: reports and faults at a time, then quiet, then the evidence and the verdict."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import text
from tests.faults.checker import Finding
from tests.faults.desk import Desk, Tokens
from tests.faults.history import History
from tests.faults.nemesis import Nemesis, kinds_of, pause, schedule

from chassis.events.outbox import backlog
from devstack.machine import say

from .breaking import LANES, SmsBreaking
from .checker import check
from .evidence import Evidence, digits, read
from .load import Load, mobile_of
from .world import SmsWorld

TOPIC, GROUP = "reports.report", "notify"
WAITS = text("SELECT count(*) FROM message WHERE state IN ('created', 'sending', 'unsure')")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`seconds`: how long things break; the load goes on until all reports are closed, `most_s` at the longest."""

    seed: int
    reports: int
    seconds: float
    most_s: float
    clients: int = 12
    kinds: Collection[str] = kinds_of(LANES)
    haste: float = 1.0
    patience_s: float = 180.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`closed`: how many reports went all the way, as their clients know."""

    findings: list[Finding]
    evidence: Evidence
    closed: int
    faults: int
    seconds: float
    troubles: list[str]


def run_trial(world: SmsWorld, plan: Plan, run: int, file: Path) -> Outcome:
    """`run`: its number in this world; ids and mobiles begin with it."""
    history = History(file)
    desk = Desk(history, Tokens(world.description), run)
    urls = [world.url_of(seat) for seat in world.seats("reports", "serve")]
    load = Load(desk, urls, run, plan.reports)
    nemesis = Nemesis(history, SmsBreaking(world).of)
    haste = dict.fromkeys(LANES, plan.haste)
    faults = schedule(plan.seed, plan.seconds, plan.kinds, haste=haste, lanes=LANES)
    began = time.monotonic()
    clients = load.begin(plan.clients)
    nemesis.run(faults, plan.seconds)
    while any(client.is_alive() for client in clients) and time.monotonic() - began < plan.most_s:
        pause(0.2)
    load.stop.set()
    for client in clients:
        client.join()
    quiet = time.monotonic()
    drained_s = _drain(world, quiet, plan.patience_s)
    history.close()
    mobiles = {digits(mobile_of(run, number)): number for number in range(1, plan.reports + 1)}
    evidence = read(world, history.entries, run, mobiles, drained_s)
    return Outcome(
        findings=check(evidence), evidence=evidence, closed=load.closed, faults=nemesis.done,
        seconds=quiet - began, troubles=nemesis.troubles,
    )  # fmt: skip


def _drain(world: SmsWorld, quiet: float, patience_s: float) -> float | None:
    """Seconds until all was published, read and handed over; None when the patience ended before."""
    while time.monotonic() - quiet < patience_s:
        try:
            if _is_empty(world) and _lag(world.kafka.bootstrap) == 0 and _nothing_waits(world):
                return time.monotonic() - quiet
        except Exception as error:
            say(f"faults: waiting for PostgreSQL and Kafka ({type(error).__name__})")
        pause(0.2)
    return None


def _is_empty(world: SmsWorld) -> bool:
    """Whether reports has published everything."""
    with world.databases["reports"].transaction() as session:
        return backlog(session)[1] == 0


def _nothing_waits(world: SmsWorld) -> bool:
    """Whether each message is with a provider, or has ended."""
    with world.databases["notify"].transaction() as session:
        return session.scalar(WAITS) == 0


def _lag(bootstrap: str) -> int:
    """Records that notify's group hasn't committed."""
    client = KafkaConsumer(bootstrap_servers=bootstrap, group_id=GROUP, enable_auto_commit=False)
    try:
        parts = [TopicPartition(TOPIC, n) for n in client.partitions_for_topic(TOPIC) or ()]
        ends = client.end_offsets(parts)
        return sum(end - (client.committed(part) or 0) for part, end in ends.items())
    finally:
        client.close()
