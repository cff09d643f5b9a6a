"""Limits work on files that takes a processor for seconds: few slots, a short queue, and a refusal for everybody else.

A small file may be as dear as a large one, and a thread that waits answers nobody: without an end to the queue some
dozen uploads would hold all threads of a process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from chassis.files.storage import StorageUnavailable


class WorkSlots:
    """`places` threads of a process work at a time; `waiting` more threads wait."""

    def __init__(self, places: int, *, waiting: int) -> None:
        self._places = BoundedSemaphore(places)
        self._all = BoundedSemaphore(places + waiting)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Waits for a free slot and takes it. Raises StorageUnavailable when the queue is full."""
        if not self._all.acquire(blocking=False):
            raise StorageUnavailable("put: too many files wait to be looked at")
        try:
            with self._places:
                yield
        finally:
            self._all.release()
