"""What a stand-in does later by itself, such as telling of money that came: each at its time, and again until it's
done."""

import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition, Event, Thread
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


@dataclass(order=True)
class _Due(Generic[Thing]):
    at: float
    number: int
    thing: Thing = field(compare=False)
    tries: int = field(compare=False, default=0)


class Later(Generic[Thing]):
    """Calls `do` with each thing when its time has come; one that answers False is tried again after `again_seconds`,
    `tries` times. Several threads do so, so that one that's slow holds up no other."""

    def __init__(
        self, do: Callable[[Thing], bool], *, threads: int, again_seconds: float, tries: int
    ) -> None:
        self._do, self._again_seconds, self._most = do, again_seconds, tries
        self._heap: list[_Due[Thing]] = []
        self._numbers = itertools.count()
        self._changed = Condition()
        self._stop = Event()
        self._threads = [Thread(target=self._run, daemon=True) for _ in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """What is still due isn't done."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(5)

    def plan(self, seconds: float, thing: Thing) -> None:
        """Does it after so many seconds."""
        self._push(_Due(time.monotonic() + seconds, 0, thing))

    def _push(self, due: _Due[Thing]) -> None:
        due.number = next(self._numbers)
        with self._changed:
            heapq.heappush(self._heap, due)
            self._changed.notify()

    def _run(self) -> None:
        while (due := self._next()) is not None:
            if not self._do(due.thing) and due.tries < self._most:
                due.tries += 1
                due.at = time.monotonic() + self._again_seconds
                self._push(due)

    def _next(self) -> _Due[Thing] | None:
        with self._changed:
            while not self._stop.is_set():
                wait = self._heap[0].at - time.monotonic() if self._heap else 60.0
                if wait <= 0:
                    return heapq.heappop(self._heap)
                self._changed.wait(wait)
        return None
