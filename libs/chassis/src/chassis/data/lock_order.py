"""Checks the order in which transactions lock rows and number series. One order for all of them prevents deadlocks.

A service declares the order once, by the names of its tables; `series` names a number series:

    SERVICE = Service(
        ...,
        lock_order=("draft", series("application"), "violation", "application", "licence", series("licence")),
    )

A test fails when a transaction locks in another order (the fixture `lock_order` of chassis.testing). Locks by `lock`,
`lock_where`, `Retention` and `numbers.draw` are checked; tables that the order doesn't name aren't. The check knows
transactions of requests, consumers, deadlines and `database.transaction()`. The fixture `session` is one transaction
for a whole test with several commands, and isn't checked.
"""

import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

# In a session's `info`: several commands share its transaction.
SHARED = "chassis.shared_by_commands"
_HIGHEST = "chassis.lock_order"
_CHASSIS = str(Path(__file__).parents[1])


def series(name: str) -> str:
    """Returns the name of a number series in an order."""
    return f"series {name}"


@dataclass
class _Watch:
    rank: dict[str, int]
    faults: list[str] = field(default_factory=list)

    def note(self, session: Session, name: str) -> None:
        if name not in self.rank or SHARED in session.info:
            return
        transaction = session.get_transaction()
        highest: tuple[Any, str] = session.info.get(_HIGHEST, (None, name))
        before = highest[1] if highest[0] is transaction else name
        if self.rank[name] < self.rank[before]:
            self.faults.append(f"{name} is locked after {before}, at {_place()}")
            return
        session.info[_HIGHEST] = (transaction, name)


_watches: list[_Watch] = []


def note_lock(session: Session, name: str) -> None:
    """Notes that this transaction has locked a row of a table, or a number series. Does nothing outside of tests."""
    for watch in _watches:
        watch.note(session, name)


@contextmanager
def watched(order: Sequence[str]) -> Iterator[list[str]]:
    """Collects the locks that are taken in another order."""
    watch = _Watch({name: rank for rank, name in enumerate(order)})
    _watches.append(watch)
    try:
        yield watch.faults
    finally:
        _watches.remove(watch)


def _place() -> str:
    """Returns the place in the service that took the lock."""
    frames = [one for one in traceback.extract_stack() if not one.filename.startswith(_CHASSIS)]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
