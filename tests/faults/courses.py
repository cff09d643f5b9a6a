"""How a run goes in a world of gateways before another service: load and faults at a time, then quiet."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from chassis.events.outbox import backlog

from .breaking import BreakingBackends
from .draining import quiet_in, standing_at
from .findings import Finding
from .history import History
from .nemesis import MOMENT, Fault, Lanes
from .world import World
from .worlds import Planned, nemesis_of

Evidence = TypeVar("Evidence")
GATEWAY = "gateway"  # as kinds of faults call it
OVERTIME, ENDS_S = (
    2.0,
    60.0,
)  # patiences of a load after the last fault, and once it was told to stop


def lanes_of(service: str, *, stopped: str) -> Lanes:
    """What breaks where a gateway stands before a service: its processes and the other one's that work. `stopped`:
    whose, of the two, stand still for a while."""
    return {
        "processes": {
            f"sigkill-{GATEWAY}-worker": MOMENT,
            f"sigkill-{GATEWAY}-work": MOMENT,
            f"sigkill-{service}-work": MOMENT,
            f"sigkill-{service}-serve": MOMENT,
            f"sigterm-{service}-work": MOMENT,
            f"sigstop-{stopped}-work": ((2.0, 4.0), (3.0, 12.0)),
        },
        "database": {"postgres-kill": ((1.0, 2.0), (1.0, 5.0)), "terminate-backends": MOMENT},
        "broker": {"kafka-kill": ((1.0, 2.0), (1.0, 10.0))},
    }


class Patient(Planned, Protocol):
    """A plan that says how long the quiet may take to come."""

    @property
    def patience_s(self) -> float: ...


class Loading(Protocol):
    """What does all that is to be done, until it's done or `stop` is set."""

    @property
    def stop(self) -> threading.Event: ...

    def begin(self) -> threading.Thread: ...


@dataclass(frozen=True, kw_only=True)
class Course:
    """`seconds`: of the load; `drained_s`: None when it didn't become quiet within the patience, which waited for
    `waits_for` then."""

    faults: int
    seconds: float
    troubles: list[str]
    drained_s: float | None
    waits_for: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome(Generic[Evidence]):
    """What a run showed, and how it went."""

    findings: list[Finding]
    evidence: Evidence
    course: Course

    @property
    def troubles(self) -> list[str]:
        return self.course.troubles

    @property
    def drained(self) -> str:
        seconds = self.course.drained_s
        if seconds is None:
            return f"never: it waits for {self.course.waits_for}"
        return f"in {seconds:.1f} s"


class SeatBreaking(BreakingBackends):
    """Does one fault after another; `of` answers a few words about it. `services`: what the kinds of faults call a
    service → its name."""

    def __init__(self, world: World, services: Mapping[str, str]) -> None:
        self._world, self._services = world, services

    def of(self, fault: Fault) -> str:
        """Breaks, waits, heals."""
        does: dict[str, Callable[[Fault], str]] = {
            "postgres-kill": self._kill_postgres,
            "terminate-backends": self._terminate_backends,
            "kafka-kill": self._kill_kafka,
        }
        if fault.kind in does:
            return does[fault.kind](fault)
        signal, short, role = fault.kind.split("-")
        service = self._services[short]
        if (signal, role) == ("sigkill", "worker"):
            return self._kill_worker_of(service, fault)
        return self._signal_seat(f"{signal}-{service}-{role}", fault)


def run_of(
    plan: Patient,
    history: History,
    breaking: SeatBreaking,
    lanes: Lanes,
    load: Loading,
    *,
    waits_for: Callable[[], str],
) -> Course:
    """Breaks things while the load goes on, and waits until all of it has come to its end. `waits_for` says what
    hasn't, and nothing when all has."""
    nemesis, faults = nemesis_of(plan, history, breaking.of, lanes)
    began = time.monotonic()
    loading = load.begin()
    nemesis.run(faults, plan.seconds)
    troubles = [*nemesis.troubles, *ended(load, loading, OVERTIME * plan.patience_s)]
    stopped = time.monotonic()
    quiet = quiet_in(waits_for, plan.patience_s)
    history.close()
    return Course(
        faults=nemesis.done, seconds=stopped - began, troubles=troubles,
        drained_s=quiet.seconds, waits_for=quiet.waits_for,
    )  # fmt: skip


def ended(load: Loading, loading: threading.Thread, overtime_s: float) -> Iterator[str]:
    """Waits until the load is done; ends it when it takes too long, and names where its clients hang if they do."""
    loading.join(overtime_s)
    if loading.is_alive():
        yield f"the load wasn't done {overtime_s:.0f} s after the last fault"
        load.stop.set()
        loading.join(ENDS_S)
    for thread in threading.enumerate() if loading.is_alive() else ():
        if thread.name.startswith("client-"):
            yield f"{thread.name} hangs at {standing_at(thread)}"


def unpublished(world: World, services: Iterable[str]) -> Iterator[str]:
    """What the outboxes hold back, in words."""
    for name in services:
        with world.databases[name].transaction() as session:
            if held := backlog(session)[1]:
                yield f"{held} events of {name}"


def in_words(counted: Mapping[str, int]) -> str:
    """What there is any of, with its number."""
    return ", ".join(f"{count} {name}" for name, count in counted.items() if count)


def counts(found: Counter[str]) -> str:
    """As a line says them."""
    return ", ".join(f"{count} {name}" for name, count in found.most_common())
