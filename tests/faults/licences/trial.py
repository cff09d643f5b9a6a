"""One run: submissions, payers, readers and faults at a time, then quiet, then the evidence and the verdict."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text
from tests.faults.desk import Tokens
from tests.faults.draining import drained_in, lag
from tests.faults.feed import readers
from tests.faults.feed.readers import Reader
from tests.faults.findings import Finding
from tests.faults.history import History
from tests.faults.nemesis import kinds_of, pause
from tests.faults.worlds import nemesis_of

from chassis.core.ids import new_id
from chassis.events.outbox import backlog

from .breaking import GATEWAY, LANES, LicenceBreaking
from .checker import HEARS, check
from .evidence import Evidence, others_rows, own_rows
from .load import Counter, Load, Payers, accepts
from .world import LicenceWorld

# Topic and group, all the way of an application.
READ = (
    ("partner-gateway.licence-application", "licences"),
    ("licences.invoice", "payments"),
    ("payments.bill", "licences"),
    ("payments.payment", "licences"),
    ("licences.application", GATEWAY),
    ("licences.licence", GATEWAY),
)
OUTBOXES = (GATEWAY, "licences", "payments")
QUIET_S = 4.0
_ASKED = text("SELECT count(*) FROM ask WHERE application_id::text >= :since")
_OWED = text(
    "SELECT count(*) FROM bill WHERE bill_id::text >= :since AND (task IS NOT NULL OR status = 'registered')"
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`seconds`: how long things break; the load goes on until all are accepted, `most_s` at the longest. Of the
    applications every `fees_every`th has a fee."""

    seed: int
    applications: int
    seconds: float
    most_s: float
    fees_every: int = 5
    kinds: Collection[str] = kinds_of(LANES)
    haste: float = 1.0
    patience_s: float = 300.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`seconds`: until the last application was accepted, `drained_s` more until all had come through."""

    findings: list[Finding]
    evidence: Evidence
    faults: int
    seconds: float
    troubles: list[str]


def run_trial(world: LicenceWorld, plan: Plan, run: int, file: Path) -> Outcome:
    """`run`: its number in this world; keys and references begin with it."""
    history, tokens = History(file), Tokens(world.description)
    urls = [world.url_of(seat) for seat in world.seats(GATEWAY, "serve")]
    counter = Counter(history, tokens, urls)
    if not accepts(world, counter):
        raise AssertionError("the gateway accepts nothing")
    listening = readers.begin(urls, tokens, HEARS, limits=(200,))
    since = new_id()  # ids grow: those of this run are behind it
    payers = Payers(world, since)
    payers.start()
    # Also the last ones are sent while things break.
    spread_s = plan.seconds * 0.8 if plan.kinds else 0.0
    load = Load(
        counter, run, count=plan.applications, fees_every=plan.fees_every, seed=plan.seed,
        seconds=spread_s,
    )  # fmt: skip
    nemesis, faults = nemesis_of(plan, history, LicenceBreaking(world).of, LANES)
    began = time.monotonic()
    clients = load.begin()
    nemesis.run(faults, plan.seconds)
    while any(one.is_alive() for one in clients) and time.monotonic() - began < plan.most_s:
        pause(0.2)
    load.stop.set()
    for client in clients:
        client.join()
    seconds = time.monotonic() - began
    drained_s = drained_in(lambda: _is_quiet(world, listening, since), plan.patience_s, 0.5)
    payers.stop.set()
    payers.join()
    for one in listening:
        one.stop.set()
    history.close()
    evidence = _evidence(world, load, listening, since=since, history=history, drained_s=drained_s)
    return Outcome(
        findings=check(evidence), evidence=evidence, faults=nemesis.done, seconds=seconds,
        troubles=nemesis.troubles,
    )  # fmt: skip


def _is_quiet(world: LicenceWorld, listening: Sequence[Reader], since: str) -> bool:
    """Whether nothing is under way any more, and nothing was heard for a while."""
    heard = [len(one.seen) for one in listening]
    if not _nothing_moves(world, since):
        return False
    pause(QUIET_S)
    return _nothing_moves(world, since) and [len(one.seen) for one in listening] == heard


def _nothing_moves(world: LicenceWorld, since: str) -> bool:
    """Everything that was published is read, nobody is asked, no bill has anything to do and none is owed. What came of
    it is for the checker."""
    for service in OUTBOXES:
        with world.databases[service].transaction() as session:
            if backlog(session)[1]:
                return False
    return (
        not _count(world, "licences", _ASKED, since)
        and not _count(world, "payments", _OWED, since)
        and not any(lag(world.kafka.bootstrap, topic, group) for topic, group in READ)
    )


def _count(world: LicenceWorld, service: str, statement: Any, since: str) -> int:
    with world.databases[service].transaction() as session:
        return int(session.scalar(statement, {"since": since}) or 0)


def _evidence(
    world: LicenceWorld, load: Load, listening: Sequence[Reader], *, since: str, history: History,
    drained_s: float | None,
) -> Evidence:  # fmt: skip
    heard = {
        reader.who: [one for one in list(reader.seen) if one[1] >= since] for reader in listening
    }
    rows: dict[str, Any] = {**own_rows(world, since), **others_rows(world, since)}
    return Evidence(
        history=history.entries,
        wanted={one.number: one for one in load.wanted},
        answered=dict(load.answered),
        refused=load.refused,
        heard=heard,
        drained_s=drained_s,
        **rows,
    )
