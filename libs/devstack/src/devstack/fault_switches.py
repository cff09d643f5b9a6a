"""Switches for what a stand-in does wrong: by rates with a seed, so the same references meet the same faults."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from random import Random
from threading import Lock
from typing import Any, Generic, TypeVar

Faults = TypeVar("Faults", bound=Any)


class Switches(Generic[Faults]):
    """Holds one dataclass of faults, which has a field `rates`: kind → share of the calls. Safe between threads."""

    def __init__(self, faults: Faults, kinds: Sequence[str], seed: str) -> None:
        self._lock = Lock()
        self._faults = faults
        self._kinds = kinds
        self._seed = seed
        self._tries: dict[str, int] = {}

    @property
    def now(self) -> Faults:
        with self._lock:
            return self._faults

    def record(self) -> dict[str, Any]:
        return asdict(self.now)

    def check(self, wanted: Mapping[str, Any]) -> None:
        """Raises ValueError for an unknown field or kind."""
        if unknown := set(wanted) - {one.name for one in fields(self._faults)}:
            raise ValueError(f"unknown: {sorted(unknown)}")
        if unknown := set(wanted.get("rates", {})) - set(self._kinds):
            raise ValueError(f"unknown: {sorted(unknown)}; kinds: {', '.join(self._kinds)}")

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Changes the named fields only. Raises ValueError, and changes nothing, for an unknown name."""
        self.check(wanted)
        with self._lock:
            self._faults = replace(self._faults, **wanted)

    def draw(self, call: str) -> str | None:
        """Returns the fault of the next try of a call. Equal seeds give equal sequences."""
        with self._lock:
            count = self._tries[call] = self._tries.get(call, 0) + 1
            rates = self._faults.rates
        dice = Random(f"{self._seed}/{call}/{count}").random()
        for kind in self._kinds:
            dice -= rates.get(kind, 0.0)
            if dice < 0:
                return kind
        return None

    def chance(self, reference: str, word: str, rate: float) -> bool:
        """Says whether an event of that rate happens to a reference."""
        return Random(f"{self._seed}/{reference}/{word}").random() < rate
