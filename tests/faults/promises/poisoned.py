"""A hundred events that a faulty release can't apply, among ten thousand."""

import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from devstack.machine import ROOT

from .stage import GATEWAY, PERMITS, Seat, Stage, demand, percentile
from .verdict import verdict

PERMITS_COUNT = 500


def poison(events: int | None = None, bad: int = 100, per_second: float = 80) -> str:
    """EVENTS (10,000), 100 of them poison: each aside once with its reason, only its permit waits, others go on."""
    events = int(os.environ.get("EVENTS", 10_000)) if events is None else events
    chance, rounds = random.Random(8), events // PERMITS_COUNT
    with NamedTemporaryFile("w", suffix=".poison") as file:
        consumer = Seat(GATEWAY, "work", noted=True, env={"POISON_FILE": file.name})
        with Stage((Seat(PERMITS, "work", more=("--only", "relay")), consumer)) as stage:
            permits = stage.issue(PERMITS_COUNT)
            stage.drained(seconds=60)
            _write(stage, permits, max(4, rounds // 4), per_second)
            stage.drained(seconds=60)
            healthy = _p95(stage, permits, above=1)
            first = 1 + max(4, rounds // 4)
            poisoned = {
                permit: first + chance.randint(1, rounds) for permit in chance.sample(permits, bad)
            }
            Path(file.name).write_text("\n".join(f"{p}/{v}" for p, v in poisoned.items()))
            stage.kill(consumer.name)
            stage.launch(consumer.name)
            stage.wait_ready(consumer.name)
            _wait_for_partitions(stage)
            _write(stage, permits, rounds, per_second)
            stage.drained(seconds=60)
            others = [permit for permit in permits if permit not in poisoned]
            ill = _p95(stage, others, above=first)
            letters = _check_letters(stage, poisoned, first + rounds)
            stage.end(consumer.name)
            Path(file.name).write_text("")
            took = _replay(stage, consumer)
            stage.launch(consumer.name)
            stage.wait_ready(consumer.name)
            stage.drained(seconds=60)
            found = verdict(stage)
    found.require_clean()
    demand(
        ill <= healthy * 1.2,
        f"the others' p95 rose from {healthy * 1000:.0f} to {ill * 1000:.0f} ms",
    )
    return (
        f"{bad} poison events in {events}: {letters}; the others' p95 {ill * 1000:.0f} ms, "
        f"{healthy * 1000:.0f} ms without poison; all back by retry in {took:.1f} s, in order; {found}"
    )


def _write(stage: Stage, permits: Sequence[str], rounds: int, per_second: float) -> None:
    with stage.writing(permits, per_second) as writer:
        deadline = time.monotonic() + 60 + 4 * rounds * len(permits) / per_second
        while writer.written < rounds * len(permits):
            demand(
                writer.error is None and time.monotonic() < deadline, f"the writer: {writer.error}"
            )
            time.sleep(0.005)


def _wait_for_partitions(stage: Stage) -> None:
    """Waits until the consumer has its partitions again: one more write takes effect."""
    (probe,) = stage.issue(1)
    deadline = time.monotonic() + 60
    while not stage.rows(GATEWAY, "SELECT 1 FROM faults_ledger WHERE permit_id = :id", id=probe):
        demand(time.monotonic() < deadline, "the consumer doesn't work after 60 s")
        time.sleep(0.1)


def _p95(stage: Stage, permits: Sequence[str], *, above: int) -> float:
    """Seconds from the row in the outbox to the commit of its effect, of versions above `above`."""
    began = dict(
        row._tuple()
        for row in stage.rows(
            PERMITS,
            "SELECT event_id, created_at FROM outbox WHERE aggregate_id = ANY(:ids) AND version > :above",
            ids=list(permits), above=above,
        )
    )  # fmt: skip
    done = stage.rows(
        GATEWAY, "SELECT event_id, pg_xact_commit_timestamp(xmin) AS at FROM faults_ledger"
    )
    waits = [
        (row.at - began[row.event_id]).total_seconds() for row in done if row.event_id in began
    ]
    return percentile(waits, 0.95)


def _check_letters(stage: Stage, poisoned: dict[str, int], newest: int) -> str:
    letters = stage.rows(
        GATEWAY, "SELECT subject_id AS key, reason FROM parked WHERE kind = 'event' ORDER BY id"
    )
    by_key: dict[str, list[Any]] = defaultdict(list)
    for letter in letters:
        by_key[letter.key].append(letter)
    demand(
        by_key.keys() == poisoned.keys(),
        f"{len(by_key)} permits are parked, {len(poisoned)} are poisoned",
    )
    for key, version in poisoned.items():
        reasons = [letter.reason for letter in by_key[key]]
        demand(reasons[0] == "FaultyRelease", f"the reason is {reasons[0]}")
        demand(
            reasons.count("FaultyRelease") == 1,
            "a poison event is parked more than once",
        )
        waiting = newest - version + 1
        # The writer may have begun one round more than was asked for.
        demand(
            waiting <= len(reasons) <= waiting + 1,
            f"{len(reasons)} letters of a key, {waiting} expected",
        )
    return f"{len(poisoned)} events parked with their reason, {len(letters) - len(poisoned)} behind them"


def _replay(stage: Stage, consumer: Seat) -> float:
    """`parked retry --all` of the mended release, by the same handlers, so that the ledger counts on."""
    began = time.monotonic()
    words = [
        sys.executable,
        "-m",
        "tests.faults.promises.noted",
        "partner_gateway",
        "parked",
        "retry",
        "--all",
    ]
    stage.supervisor.run("replay", words, stage.seat_environment(consumer), cwd=ROOT, seconds=300)
    demand(
        stage.rows(GATEWAY, "SELECT count(*) FROM parked WHERE settled_at IS NULL")[0][0] == 0,
        "events stay parked after the retry",
    )
    return time.monotonic() - began
