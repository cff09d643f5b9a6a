"""What breaks when: a schedule that a seed decides, in lanes that run beside each other."""

import random
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from .history import History

Span = tuple[float, float]
Lasts = tuple[Span, Span]
# Lane → kind of fault → how long it lasts in a short run and in a long one.
Lanes = Mapping[str, Mapping[str, Lasts]]
LONG_RUN_S = 300.0
HEALS_S = 360.0  # a broker of a busy machine that has to be started several times


@dataclass(frozen=True)
class Fault:
    """`at` and `seconds` count from the start of the load; `pick` chooses among targets."""

    lane: str
    kind: str
    at: float
    seconds: float
    pick: int

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.at:6.1f} s  {self.lane:<9} {self.kind}{lasting} (#{self.pick % 100})"


MOMENT = ((0.0, 0.0), (0.0, 0.0))
# What breaks beneath every world; `permits` has more.
BACKENDS: Lanes = {
    "database": {"postgres-kill": ((1.0, 2.0), (1.0, 5.0)), "terminate-backends": MOMENT},
    "broker": {"kafka-kill": ((1.0, 2.0), (1.0, 10.0))},
}
GAPS: dict[str, tuple[Span, Span]] = {
    "processes": ((0.5, 1.5), (2.0, 8.0)),
    "database": ((0.5, 1.5), (6.0, 16.0)),
    "broker": ((0.5, 1.5), (4.0, 12.0)),
    "events": ((4.0, 9.0), (15.0, 40.0)),
    "provider": ((2.0, 4.0), (4.0, 12.0)),
}
RECOVERY_S = {"kafka-kill": 6.0, "kafka-down": 7.0, "postgres-kill": 1.5, "disk-full": 1.5}


def schedule(
    seed: int,
    seconds: float,
    kinds: Collection[str],
    *,
    lanes: Lanes,
    haste: Mapping[str, float] | None = None,
) -> list[Fault]:
    """Returns all faults of a run by their time. Every kind comes once before any comes again.

    All faults end within `seconds`.

    `haste`: lane → the divisor of its pauses.
    """
    unknown = set(kinds) - kinds_of(lanes)
    if unknown:
        raise ValueError(f"there is no fault called {', '.join(sorted(unknown))}")
    found = [
        fault
        for lane, does in lanes.items()
        for fault in _lane(
            seed, lane, seconds, _pick_kinds(does, kinds), (haste or {}).get(lane, 1.0)
        )
    ]
    return sorted(found, key=lambda fault: fault.at)


def kinds_of(lanes: Lanes) -> frozenset[str]:
    """Returns all kinds of faults in some lanes."""
    return frozenset(kind for lane in lanes.values() for kind in lane)


def _pick_kinds(lane: Mapping[str, Lasts], kinds: Collection[str]) -> dict[str, Lasts]:
    return {kind: lasts for kind, lasts in lane.items() if kind in kinds}


def _lane(
    seed: int, lane: str, seconds: float, wanted: Mapping[str, Lasts], haste: float
) -> list[Fault]:
    chance = random.Random(f"{seed}/{lane}")
    long = seconds > LONG_RUN_S
    found: list[Fault] = []
    now, waiting = 1.0, list[str]()
    while wanted:
        waiting = waiting or chance.sample(list(wanted), len(wanted))
        kind = waiting.pop()
        now += chance.uniform(*GAPS[lane][long]) / haste
        lasting = chance.uniform(*wanted[kind][long])
        end = now + lasting + RECOVERY_S.get(kind, 0.0)
        if end > seconds - 1.0:
            break
        found.append(Fault(lane, kind, now, lasting, chance.randrange(1_000_000)))
        now = end
    return found


def pause(seconds: float) -> None:
    """Lets a fault or a gap between calls last."""
    threading.Event().wait(seconds)


class Nemesis:
    """Carries a schedule out. `break_` does one fault, from its begin to its end."""

    def __init__(
        self, history: History, break_: Callable[[Fault], str], *, heals_s: float = HEALS_S
    ) -> None:
        self._heals_s = heals_s
        self._history = history
        self._break = break_
        self.troubles: list[str] = []
        self.done = 0
        self._under_way: dict[str, str] = {}
        self.healed_at = time.monotonic()

    def run(self, faults: Sequence[Fault], seconds: float) -> None:
        """Returns when every fault has ended, or after `heals_s` more with its name among the troubles. On a slow
        machine they fall behind; none begins after `seconds`."""
        began = time.monotonic()
        lanes = [
            threading.Thread(
                target=self._run_lane,
                args=(began, began + seconds - 2.0, [f for f in faults if f.lane == lane]),
                name=f"lane {lane}",
                daemon=True,
            )
            for lane in dict.fromkeys(fault.lane for fault in faults)
        ]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join(max(0.0, began + seconds + self._heals_s - time.monotonic()))
            if lane.is_alive():
                self.troubles.append(f"{lane.name}: {self._under_way[lane.name]} never ended")

    def _run_lane(self, began: float, latest: float, faults: Sequence[Fault]) -> None:
        for fault in faults:
            pause(max(0.0, began + fault.at - time.monotonic()))
            if time.monotonic() > latest:
                return
            self.done += 1
            self._under_way[threading.current_thread().name] = fault.kind
            self._history.note("nemesis", "fault", fault.kind, pick=fault.pick)
            try:
                said = self._break(fault)
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
                self.troubles.append(f"{fault.kind}: {said}")
            self.healed_at = time.monotonic()
            self._history.note("nemesis", "healed", fault.kind, said=said)
