"""The promises of a world by their names, and what is found when a promise is broken."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .evidence import RunEvidence

# What's wrong: the aggregate or marker that it's about, and words.
Wrong = Iterator[tuple[str, str]]
Case = TypeVar("Case")
Row = TypeVar("Row")
Look = Callable[[Case], Wrong]


@dataclass(frozen=True)
class Finding:
    """A broken promise. `number`: of the last entry of the history that is about it, -1 for none."""

    promise: str
    about: str
    text: str
    number: int = -1


class Promises(Generic[Case]):
    """Functions from the case of a run to what's wrong in it, each noted by a decorator with the name of its promise.

    `case` makes of the evidence what the functions look at. They run nothing and wait for nothing. Every world promises
    to drain; `drained` replaces the function for that.
    """

    def __init__(self, case: Callable[[Any], Case], *, drained: Look[Any] | None = None) -> None:
        self._case = case
        self._drained = drained or find_undrained
        self._looks: dict[str, Look[Case]] = {}

    def __call__(self, name: str) -> Callable[[Look[Case]], Look[Case]]:
        """Returns the decorator. Raises ValueError for a name that's taken."""
        if name in self:
            raise ValueError(f"there is a promise «{name}» already")

        def note(look: Look[Case]) -> Look[Case]:
            self._looks[name] = look
            return look

        return note

    def __iter__(self) -> Iterator[str]:
        return iter([*self._looks, "drained"])

    def broken(self, evidence: RunEvidence) -> list[Finding]:
        """Finds all that's wrong, promise by promise."""
        last: dict[str, int] = {}
        for entry in evidence.history:
            last |= {name: entry.number for name in (entry.about, entry.marker) if name}
        case = self._case(evidence)
        wrong = [(name, *one) for name, look in self._looks.items() for one in look(case)]
        wrong += [("drained", *one) for one in self._drained(evidence)]
        return [
            Finding(name, about, words, last.get(about, -1)) for name, about, words in wrong
        ]  # fmt: skip


def find_undrained(evidence: RunEvidence) -> Wrong:
    """Names a run that never came through, and what the load never got done."""
    if evidence.drained_s is None:
        yield "", "not all had ended when the patience did"
    for about in evidence.lost:
        yield about, "it was never taken"


def grouped(rows: Iterable[Row], name: str) -> dict[Any, list[Row]]:
    """Returns the rows by one of their columns; nothing is found under other keys."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found
