"""Calls that a stand-in makes by itself after a delay, such as the notice of a payment."""

import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition, Event, Thread
from typing import Generic, TypeVar

Message = TypeVar("Message")


@dataclass(order=True)
class _Due(Generic[Message]):
    at: float
    number: int
    message: Message = field(compare=False)
    tries: int = field(compare=False, default=0)


class DelayedCalls(Generic[Message]):
    """Calls `send` with each message at its time. A call that answers False is repeated after `again_seconds`, at most
    `tries` times. Several threads call, so a slow call delays no other call."""

    def __init__(
        self, send: Callable[[Message], bool], *, threads: int, again_seconds: float, tries: int
    ) -> None:
        self._send, self._again_seconds, self._most = send, again_seconds, tries
        self._heap: list[_Due[Message]] = []
        self._numbers = itertools.count()
        self._changed = Condition()
        self._stop = Event()
        self._threads = [Thread(target=self._run, daemon=True) for _ in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Leaves out the calls that aren't due yet."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(5)

    def plan(self, seconds: float, message: Message) -> None:
        """Plans a call in so many seconds."""
        self._push(_Due(time.monotonic() + seconds, 0, message))

    def _push(self, due: _Due[Message]) -> None:
        due.number = next(self._numbers)
        with self._changed:
            heapq.heappush(self._heap, due)
            self._changed.notify()

    def _run(self) -> None:
        while (due := self._next()) is not None:
            if not self._send(due.message) and due.tries < self._most:
                due.tries += 1
                due.at = time.monotonic() + self._again_seconds
                self._push(due)

    def _next(self) -> _Due[Message] | None:
        with self._changed:
            while not self._stop.is_set():
                wait = self._heap[0].at - time.monotonic() if self._heap else 60.0
                if wait <= 0:
                    return heapq.heappop(self._heap)
                self._changed.wait(wait)
        return None
