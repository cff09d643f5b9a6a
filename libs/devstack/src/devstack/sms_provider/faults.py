"""What goes wrong on demand: by rates with a seed, the same for the same references, or for everything.

`POST /faults` with `{"unifonic": {"rates": {"accept-then-timeout": 0.1}}}` changes what it names and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from random import Random
from threading import Lock
from typing import Any

# Before and after the message is accepted: what the sender can't tell apart, the ledger can.
KINDS = (
    "accept-then-timeout",  # accepted, and no answer until the sender gives up
    "timeout",  # not accepted, and no answer
    "accept-then-reset",
    "reset",
    "503",  # without a body, not accepted
    "html",  # a proxy's page with 200, not accepted
    "refuse",  # success: false, or statusCode 400
    "too-many",  # 429
    "slow",  # accepted after `slow_seconds`
)


@dataclass(frozen=True, kw_only=True)
class Faults:
    """Of one provider. `dead`: its port refuses connections. `query`, `once`: whether it tells the fate of a reference
    and takes a reference once. Receipts come after `receipt_seconds`; `failed` of them say so, `lost` never come, and
    `repeated` come twice and out of order."""

    rates: Mapping[str, float] = field(default_factory=dict)
    dead: bool = False
    query: bool = True
    once: bool = True
    slow_seconds: float = 3
    hold_seconds: float = 30
    receipt_seconds: float = 1
    failed: float = 0
    lost: float = 0
    repeated: float = 0


class Switches:
    """The faults of each provider; safe between threads."""

    def __init__(self, providers: Mapping[str, object], seed: int) -> None:
        self._lock = Lock()
        self._faults = {name: Faults() for name in providers}
        self._seed = seed
        self._tries: dict[tuple[str, str], int] = {}

    def of(self, provider: str) -> Faults:
        """The provider's faults now."""
        with self._lock:
            return self._faults[provider]

    def change(self, wanted: Mapping[str, Mapping[str, Any]]) -> None:
        """Raises ValueError, and changes nothing, for a name or a kind that isn't known."""
        names = {one.name for one in fields(Faults)}
        for provider, facts in wanted.items():
            if provider not in self._faults or set(facts) - names:
                raise ValueError(f"unknown: {provider} {sorted(set(facts) - names)}")
            if unknown := set(facts.get("rates", {})) - set(KINDS):
                raise ValueError(f"unknown kinds: {sorted(unknown)}")
        with self._lock:
            for provider, facts in wanted.items():
                self._faults[provider] = replace(self._faults[provider], **facts)

    def draw(self, provider: str, reference: str) -> str | None:
        """The fault of this try; the same sequence for a reference whenever the seed is the same."""
        with self._lock:
            count = self._tries[provider, reference] = self._tries.get((provider, reference), 0) + 1
            rates = self._faults[provider].rates
        dice = Random(f"{self._seed}/{provider}/{reference}/{count}").random()
        for kind in KINDS:
            dice -= rates.get(kind, 0.0)
            if dice < 0:
                return kind
        return None

    def chance(self, provider: str, reference: str, word: str, rate: float) -> bool:
        """Whether something of a certain rate happens to a reference."""
        return Random(f"{self._seed}/{provider}/{reference}/{word}").random() < rate
