"""One run: writers, readers, an address and faults at a time, then quiet, then the evidence and the verdict."""

import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from tests.faults.desk import Tokens
from tests.faults.findings import Finding
from tests.faults.history import History
from tests.faults.nemesis import kinds_of, pause
from tests.faults.worlds import nemesis_of

from devstack.machine import ROOT

from . import readers
from .breaking import LANES, FeedBreaking
from .checker import Evidence, Written, check
from .readers import Reader
from .world import FeedWorld
from .writer import prepare

GATEWAY = "partner-gateway"
_LEDGER = text(
    "SELECT event_id, subject::text, municipality, version FROM faults_ledger WHERE writer / 100 = :run"
)
_DELIVERED = text(
    "SELECT event_id FROM webhook_delivery JOIN feed_event USING (event) WHERE state = 'delivered'"
    " AND subject LIKE :run"
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`changes`: so many are written, by `writers` processes; things break for `seconds`. `bug`: of the writers."""

    seed: int
    changes: int
    seconds: float
    writers: int = 4
    kinds: Collection[str] = kinds_of(LANES)
    haste: float = 1.0
    patience_s: float = 120.0
    bug: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    findings: list[Finding]
    evidence: Evidence
    faults: int
    seconds: float
    drained_s: float
    troubles: list[str]


def run_trial(world: FeedWorld, plan: Plan, run: int, file: Path) -> Outcome:
    """`run`: its number in this world, by which its things are known."""
    history, tokens = History(file), Tokens(world.description)
    with world.databases[GATEWAY].transaction() as session:
        prepare(session, run)
    world.register_address(tokens)
    urls = [world.url_of(seat) for seat in world.seats(GATEWAY, "serve")]
    listening = readers.begin(urls, tokens)
    writers = _writers(world, plan, run)
    nemesis, faults = nemesis_of(plan, history, FeedBreaking(world, writers).of, LANES)
    began = time.monotonic()
    nemesis.run(faults, plan.seconds)
    _await_written(world, plan, run)
    quiet = time.monotonic()
    is_over = _drain(world, listening, run, plan.patience_s)
    drained = time.monotonic() - quiet
    _dismiss(world, writers)
    evidence = _evidence(world, listening, run, is_over=is_over)
    for one in listening:
        one.stop.set()
    history.close()
    return Outcome(
        findings=check(evidence), evidence=evidence, faults=nemesis.done, seconds=quiet - began,
        drained_s=drained, troubles=nemesis.troubles,
    )  # fmt: skip


def _writers(world: FeedWorld, plan: Plan, run: int) -> list[str]:
    environment = world.environment(GATEWAY)
    names = [f"writer-{run}-{number}" for number in range(plan.writers)]
    share = str(plan.changes // plan.writers)
    for number, name in enumerate(names):
        words = [sys.executable, "-m", "tests.faults.feed.writer", str(run), str(number), share]
        world.supervisor.start(name, [*words, *plan.bug], environment, cwd=ROOT)
        world.supervisor.keep(name)
    return names


def _dismiss(world: FeedWorld, names: Sequence[str]) -> None:
    for name in names:
        process = world.supervisor.process(name)
        process.keep = False
        process.child.stop(10)


def _ledger(world: FeedWorld, run: int) -> list[Written]:
    with world.databases[GATEWAY].transaction() as session:
        rows = session.execute(_LEDGER, {"run": run}).all()
    return [
        Written(event_id=row.event_id, subject=row.subject, municipality=row.municipality, version=row.version)
        for row in rows
    ]  # fmt: skip


def _await_written(world: FeedWorld, plan: Plan, run: int) -> None:
    deadline = time.monotonic() + plan.changes * 0.2 + 60
    while time.monotonic() < deadline:
        try:
            if len(_ledger(world, run)) >= plan.changes // plan.writers * plan.writers:
                return
        except SQLAlchemyError:
            pass
        pause(0.3)


def _drain(world: FeedWorld, listening: Sequence[Reader], run: int, patience_s: float) -> bool:
    """Whether all who read and the address have what they may have, within the patience."""
    ledger = _ledger(world, run)
    empty = Evidence(ledger=ledger, seen={}, taken=(), delivered=(), is_over=False)
    own = {one.event_id for one in ledger if one.municipality == "saihat"}
    began = time.monotonic()
    heard = readers.ended(listening, lambda one: len(empty.of(f"{one.who}/")), patience_s)
    while time.monotonic() - began < patience_s and not own <= set(world.address.taken):
        pause(0.2)
    return heard and own <= set(world.address.taken)


def _evidence(
    world: FeedWorld, listening: Sequence[Reader], run: int, *, is_over: bool
) -> Evidence:
    mark = f"{run:08x}-"
    with world.databases[GATEWAY].transaction() as session:
        delivered = list(session.scalars(_DELIVERED, {"run": mark + "%"}))
    seen = {
        f"{reader.who}/{reader.limit}": [
            one for one in list(reader.seen) if one[1].startswith(mark)
        ]
        for reader in listening
    }
    return Evidence(
        ledger=_ledger(world, run), seen=seen, taken=list(world.address.taken), delivered=delivered,
        is_over=is_over,
    )  # fmt: skip
