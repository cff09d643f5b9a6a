"""One trial: load and nemesis for some seconds, then quiet, then the evidence and the checker's verdict."""

import random
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chassis.events.outbox import backlog
from permits.sample import SampleTown

from .breaking import Breaking
from .checker import check
from .desk import Desk, Tokens
from .draining import drained_in, lag
from .evidence import CONSUMER, Evidence, Mark, Reader
from .findings import Finding
from .history import History
from .injections import TOPIC, Injections
from .load import Pace, Town, run_load
from .money import Money
from .nemesis import KINDS, Nemesis, schedule
from .world import World

PATIENCE_S, FLOW_S = 60.0, 30.0
OVERTIME = (
    1.6  # a run that hasn't its writes after its time goes on for as much of it, and no longer
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`writes`: how many acknowledged ones are wanted at least; the load goes on until they're there."""

    seed: int
    seconds: float
    writes: int = 0
    rate: float = 60.0
    clients: int = 12
    kinds: Collection[str] = KINDS
    haste: Mapping[str, float] = field(default_factory=dict)
    patience_s: float = PATIENCE_S


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`drained_s`: from the last fault, or the last call if that was later, until everything had arrived."""

    findings: list[Finding]
    evidence: Evidence
    writes: int
    queries: int
    faults: int
    seconds: float
    troubles: list[str]


def run_trial(world: World, plan: Plan, number: int, file: Path) -> Outcome:
    """`number`: of the trial in this world; markers begin with it. The history is written to `file`."""
    history = History(file)
    reader = Reader(world)
    since = reader.mark()
    money = Money(world.kafka.bootstrap)
    town = _town(world, history, number, plan, money)
    injections = Injections(world, history, lambda chance: _live(town, chance))
    nemesis = Nemesis(history, Breaking(world, injections).of)
    faults = schedule(plan.seed, plan.seconds, plan.kinds, haste=plan.haste)
    clients = run_load(town, clients=plan.clients, seed=plan.seed)
    _await_flow(world, since)
    began = time.monotonic()
    nemesis.run(faults, plan.seconds)
    while (spent := time.monotonic() - began) < plan.seconds or (
        town.desk.writes < plan.writes and spent < plan.seconds * OVERTIME
    ):
        time.sleep(0.1)
    town.stop.set()
    for client in clients:
        client.join()
    money.close()
    quiet = time.monotonic()
    drained_s = drained_in(lambda: _is_through(world), plan.patience_s)
    history.close()
    evidence = reader.read(history.entries, since, drained_s)
    return Outcome(
        findings=check(evidence), evidence=evidence, writes=town.desk.writes,
        queries=town.desk.queries, faults=nemesis.done, seconds=quiet - began,
        troubles=nemesis.troubles,
    )  # fmt: skip


def _town(world: World, history: History, number: int, plan: Plan, money: Money) -> Town:
    stop = threading.Event()
    return Town(
        stop=stop,
        desk=Desk(history, Tokens(world.description), number),
        permits=[world.url_of(seat) for seat in world.seats("permits", "serve")],
        gateway=world.rooms["partner-gateway"].url,
        pace=Pace(plan.rate, stop),
        people=SampleTown(plan.seed * 1_000 + number),
        money=money,
    )


def _live(town: Town, chance: random.Random) -> str | None:
    known = town.any_of(chance)
    return known.permit_id if known else None


def _await_flow(world: World, since: Mark) -> None:
    """Until a first event has come all the way, so that faults meet a system at work; at most half a minute."""
    deadline = time.monotonic() + FLOW_S
    while Reader(world).mark().effect <= since.effect and time.monotonic() < deadline:
        time.sleep(0.2)


def _is_through(world: World) -> bool:
    """Whether the outbox is empty and the gateway has read all."""
    with world.databases["permits"].transaction() as session:
        waiting = backlog(session)[1]
    return waiting == 0 and lag(world.kafka.bootstrap, TOPIC, CONSUMER) == 0
