"""One run: invoices, money and faults at a time, then quiet, then the evidence and the verdict."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from tests.faults.draining import drained_in, lag
from tests.faults.findings import Finding
from tests.faults.history import History
from tests.faults.nemesis import kinds_of, pause
from tests.faults.worlds import nemesis_of

from chassis.events.outbox import backlog

from .breaking import LANES, BillBreaking
from .checker import check
from .evidence import Evidence, read
from .load import Load
from .world import TOPIC, BillWorld

GROUP = "payments"
_BILLS = text(
    "SELECT bill_id::text, task IS NOT NULL AS is_busy FROM bill WHERE left(invoice_id::text, 8) = :run"
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`seconds`: how long things break; the load goes on until all invoices are out and have ended."""

    seed: int
    invoices: int
    seconds: float
    kinds: Collection[str] = kinds_of(LANES)
    haste: float = 1.0
    patience_s: float = 180.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run left."""

    findings: list[Finding]
    evidence: Evidence
    faults: int
    seconds: float
    troubles: list[str]


def run_trial(world: BillWorld, plan: Plan, run: int, file: Path) -> Outcome:
    """`run`: its number in this world; the ids of invoices begin with it."""
    history = History(file)
    load = Load(
        world, history, run, count=plan.invoices, seconds=plan.seconds * 0.9, seed=plan.seed
    )
    nemesis, faults = nemesis_of(plan, history, BillBreaking(world).of, LANES)
    began = time.monotonic()
    threads = load.begin()
    nemesis.run(faults, plan.seconds)
    quiet = time.monotonic()
    drained_s = drained_in(
        lambda: load.published == plan.invoices and _is_quiet(world, run), plan.patience_s
    )
    load.stop.set()
    for thread in threads:
        thread.join()
    history.close()
    pause(0.5)
    evidence = read(world, history.entries, run, (load.published, load.withdrawn), drained_s)
    return Outcome(
        findings=check(evidence), evidence=evidence, faults=nemesis.done,
        seconds=quiet - began, troubles=nemesis.troubles,
    )  # fmt: skip


def _is_quiet(world: BillWorld, run: int) -> bool:
    """Whether nothing is under way any more. Seen twice: a payer may have paid between the questions."""
    if not _nothing_moves(world, run):
        return False
    pause(4.0)
    return _nothing_moves(world, run)


def _nothing_moves(world: BillWorld, run: int) -> bool:
    """Every invoice is read, no bill has anything to do, none is open for its payer, every notice is taken, and all is
    published. What came of it is for the checker."""
    with world.databases["payments"].transaction() as session:
        rows = session.execute(_BILLS, {"run": f"{run:08x}"}).all()
        published = backlog(session)[1] == 0
    ours = {row.bill_id for row in rows}
    ledger = world.ledger()
    told = set(ledger["told"])
    numbers = {one["bill_number"] for one in ledger["bills"] if one["reference"] in ours}
    return (
        published
        and not any(row.is_busy for row in rows)
        and not any(one["status"] == "open" for one in ledger["bills"] if one["reference"] in ours)
        and all(
            f"N-{one['number']}" in told
            for one in ledger["payments"]
            if one["bill_number"] in numbers
        )
        and lag(world.kafka.bootstrap, TOPIC, GROUP) == 0
    )
