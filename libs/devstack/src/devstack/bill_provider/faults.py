"""What goes wrong on demand: by rates with a seed, the same for the same references, or for everything.

`POST /faults` with `{"rates": {"accept-then-timeout": 0.1}}` changes what it names and nothing else.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from random import Random
from threading import Lock
from typing import Any

# Of calls, before and after the bill system acts: what the biller can't tell apart, the ledger can.
KINDS = (
    "accept-then-timeout",  # done, and no answer until the biller gives up
    "timeout",  # not done, and no answer
    "accept-then-reset",
    "reset",
    "503",  # not done
    "accept-then-503",
    "refuse",  # a registration: 422
    "slow",  # done after `slow_seconds`
)


@dataclass(frozen=True, kw_only=True)
class Faults:
    """`once`: a reference is registered once. Notices come after `notice_seconds`; of them `repeated` come twice,
    `late` come `late_seconds` later and so behind others, `twins` are told again under another id, and `lost` never
    come. Of the payments `wrong` are a riyal more or less than the bill. Of the settlement's lines `unsettled` are
    missing."""

    rates: Mapping[str, float] = field(default_factory=dict)
    once: bool = True
    slow_seconds: float = 3
    hold_seconds: float = 30
    notice_seconds: float = 0.2
    repeated: float = 0
    late: float = 0
    late_seconds: float = 3
    twins: float = 0
    lost: float = 0
    wrong: float = 0
    unsettled: float = 0


class Switches:
    """Safe between threads."""

    def __init__(self, seed: int) -> None:
        self._lock = Lock()
        self._faults = Faults()
        self._seed = seed
        self._tries: dict[str, int] = {}

    @property
    def now(self) -> Faults:
        """The faults now."""
        with self._lock:
            return self._faults

    def shown(self) -> dict[str, Any]:
        return asdict(self.now)

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Raises ValueError, and changes nothing, for a name or a kind that isn't known."""
        if unknown := set(wanted) - {one.name for one in fields(Faults)}:
            raise ValueError(f"unknown: {sorted(unknown)}")
        if unknown := set(wanted.get("rates", {})) - set(KINDS):
            raise ValueError(f"unknown kinds: {sorted(unknown)}")
        with self._lock:
            self._faults = replace(self._faults, **wanted)

    def draw(self, call: str, reference: str) -> str | None:
        """The fault of this try; the same sequence for a reference whenever the seed is the same."""
        key = f"{call}/{reference}"
        with self._lock:
            count = self._tries[key] = self._tries.get(key, 0) + 1
            rates = self._faults.rates
        dice = Random(f"{self._seed}/{key}/{count}").random()
        for kind in KINDS:
            dice -= rates.get(kind, 0.0)
            if dice < 0:
                return kind
        return None

    def chance(self, reference: str, word: str, rate: float) -> bool:
        """Whether something of a certain rate happens to a reference."""
        return Random(f"{self._seed}/{reference}/{word}").random() < rate
