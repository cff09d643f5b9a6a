"""Several requests share a commit: each waits until its item is durable, and none waits for a timer.

A commit costs the same for one item and for twenty. Whoever finds nobody writing writes at once; those who come while
a commit is under way are written together by the next one. At rest a request pays for its own commit and nothing more.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")


class NotWritten(Exception):
    """The item isn't known to be durable: what depends on it must not happen."""

    problem = "unavailable"


class _Waiting(Generic[Item]):
    __slots__ = ("error", "items", "leads", "woken")

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.leads = False
        self.error: Exception | None = None
        self.woken = Lock()
        self.woken.acquire()


class GroupCommit(Generic[Item]):
    """`write(items)` returns when all of them are durable, and raises when they may not be. It runs in one of the
    waiting threads, never in two at once."""

    def __init__(self, write: Callable[[Sequence[Item]], None], *, most: int = 64) -> None:
        self._write = write
        self._most = most
        self._lock = Lock()
        self._queue: list[_Waiting[Item]] = []
        self._writing = False

    def add(self, *items: Item) -> None:
        """Returns when the items are durable, by the same commit. Raises NotWritten."""
        mine = _Waiting(items)
        with self._lock:
            self._queue.append(mine)
            mine.leads = not self._writing
            self._writing = True
        if not mine.leads:
            mine.woken.acquire()
        if mine.leads:
            self._lead()
        if mine.error is not None:
            raise NotWritten(type(mine.error).__name__) from mine.error

    def _lead(self) -> None:
        """Writes what waits, the leader's own item among it, and hands the lead to the first that came meanwhile."""
        with self._lock:
            batch = self._next()
        error: Exception | None = None
        try:
            self._write([item for one in batch for item in one.items])
        except Exception as failure:
            error = failure
        finally:
            self._hand_over()
        for one in batch:
            one.error = error
            if not one.leads:
                one.woken.release()

    def _next(self) -> list[_Waiting[Item]]:
        """As many of those who wait, in their order, as have at most `most` items together; the first in any case."""
        count = 0
        for place, one in enumerate(self._queue):
            count += len(one.items)
            if place and count > self._most:
                break
        else:
            place = len(self._queue)
        batch, self._queue = self._queue[:place], self._queue[place:]
        return batch

    def _hand_over(self) -> None:
        with self._lock:
            if not self._queue:
                self._writing = False
                return
            following = self._queue[0]
            following.leads = True
        following.woken.release()
