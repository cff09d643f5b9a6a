"""Work on a file that takes a processor for seconds: few at a time, few who wait for them, and the next is refused.

A small file may be as dear as a large one, and a thread that waits answers nobody: without an end to the queue some
dozen uploads would hold all threads of a process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from chassis.files.storage import StorageUnavailable


class Turns:
    """`places` at a time in a process; `waiting` threads more wait for a place."""

    def __init__(self, places: int, *, waiting: int) -> None:
        self._places = BoundedSemaphore(places)
        self._all = BoundedSemaphore(places + waiting)

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place, as soon as there is one. Raises StorageUnavailable when enough wait already."""
        if not self._all.acquire(blocking=False):
            raise StorageUnavailable("put: too many files wait to be looked at")
        try:
            with self._places:
                yield
        finally:
            self._all.release()
