"""Two web processes and two workers of one register, and what a run of it shows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.faults.nemesis import BACKENDS, MOMENT, Lanes
from tests.faults.trial import Outcome, in_words
from tests.faults.world import Seat, World, pair

from .evidence import Evidence, read
from .load import RegisterLoad


def seats_of(service: str) -> Sequence[Seat]:
    return (Seat("identity", "serve"), *pair(service, "serve"), *pair(service, "work"))


def lanes_of(service: str) -> Lanes:
    return {
        "processes": {
            f"sigkill-{service}-worker": MOMENT,
            f"sigkill-{service}-serve": MOMENT,
            f"sigkill-{service}-work": MOMENT,
            f"sigterm-{service}-work": MOMENT,
            f"sigstop-{service}-work": ((2.0, 4.0), (3.0, 10.0)),
        },
        **BACKENDS,
    }


class RegisterWorld(World):
    """`things`: the SELECT of the things of a run; `topic`: where their versions are told; `more`: other SELECTs."""

    things: str
    topic: str
    more: Mapping[str, str] = {}
    bug_haste = 2.0

    def evidence(self, load: RegisterLoad, drained_s: float | None) -> Evidence:
        return read(self, load, drained_s, things=self.things, topic=self.topic, more=self.more)

    def headline(self, outcome: Outcome[RegisterLoad, Any]) -> str:
        evidence, load = outcome.evidence, outcome.load
        versions = Counter(f"of version {one.version}" for one in evidence.things)
        return (
            f"{len(evidence.things)} things ({in_words(versions)}) in {outcome.seconds:.0f} s,"
            f" {outcome.faults} faults; {len(load.refused)} calls refused;"
            f" {len(evidence.told)} events; {outcome.drained}"
        )
