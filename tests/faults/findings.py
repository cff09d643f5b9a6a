"""The promises of a world by their names, and what's found when one is broken."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from .history import Entry

# What's wrong: the aggregate or marker that it's about, and words.
Wrong = Iterator[tuple[str, str]]
Case = TypeVar("Case")
Look = Callable[[Case], Wrong]


@dataclass(frozen=True)
class Finding:
    """A broken promise. `number`: of the entry of the history that shows it last, -1 if none does."""

    promise: str
    about: str
    text: str
    number: int = -1


class Promises(Generic[Case]):
    """Each is a function from the case of a run to what's wrong in it, noted by a decorator with its name. They run
    nothing and wait for nothing."""

    def __init__(self) -> None:
        self._looks: dict[str, Look[Case]] = {}

    def __call__(self, name: str) -> Callable[[Look[Case]], Look[Case]]:
        """The decorator. Raises ValueError for a name that's taken."""
        if name in self._looks:
            raise ValueError(f"there is a promise «{name}» already")

        def note(look: Look[Case]) -> Look[Case]:
            self._looks[name] = look
            return look

        return note

    def __iter__(self) -> Iterator[str]:
        return iter(self._looks)

    def broken(self, case: Case, history: Iterable[Entry] = ()) -> list[Finding]:
        """All that's wrong, promise by promise."""
        last: dict[str, int] = {}
        for entry in history:
            last |= {name: entry.number for name in (entry.about, entry.marker) if name}
        return [
            Finding(name, about, words, last.get(about, -1))
            for name, look in self._looks.items()
            for about, words in look(case)
        ]
