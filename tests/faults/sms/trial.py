"""One run: reports and faults at a time, then quiet, then the evidence and the verdict."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from tests.faults.desk import Desk, Tokens
from tests.faults.draining import drained_in, lag
from tests.faults.findings import Finding
from tests.faults.history import History
from tests.faults.nemesis import kinds_of, pause
from tests.faults.worlds import nemesis_of

from chassis.events.outbox import backlog

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
    nemesis, faults = nemesis_of(plan, history, SmsBreaking(world).of, LANES)
    began = time.monotonic()
    clients = load.begin(plan.clients)
    nemesis.run(faults, plan.seconds)
    while any(client.is_alive() for client in clients) and time.monotonic() - began < plan.most_s:
        pause(0.2)
    load.stop.set()
    for client in clients:
        client.join()
    quiet = time.monotonic()
    drained_s = drained_in(lambda: _is_through(world), plan.patience_s)
    history.close()
    mobiles = {digits(mobile_of(run, number)): number for number in range(1, plan.reports + 1)}
    evidence = read(world, history.entries, run, mobiles, drained_s)
    return Outcome(
        findings=check(evidence), evidence=evidence, closed=load.closed, faults=nemesis.done,
        seconds=quiet - began, troubles=nemesis.troubles,
    )  # fmt: skip


def _is_through(world: SmsWorld) -> bool:
    """Whether all was published, read and handed over."""
    return (
        _is_empty(world) and lag(world.kafka.bootstrap, TOPIC, GROUP) == 0 and _nothing_waits(world)
    )


def _is_empty(world: SmsWorld) -> bool:
    """Whether reports has published everything."""
    with world.databases["reports"].transaction() as session:
        return backlog(session)[1] == 0


def _nothing_waits(world: SmsWorld) -> bool:
    """Whether each message is with a provider, or has ended."""
    with world.databases["notify"].transaction() as session:
        return session.scalar(WAITS) == 0
