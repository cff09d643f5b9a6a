"""What the clients of a world do: pieces of work, some at a time, each call until it's taken, however long a busy
machine takes, and all of it no longer than its time lasts. What was never taken is named."""

import queue
import threading
from collections.abc import Callable, Iterable

from .history import History
from .nemesis import pause

AT_ONCE, PAUSE_S = 8, 0.3
Piece = tuple[str, Callable[[], None]]


class Load:
    """`stop` ends every wait. `lost`: what was never taken, beginning with what it's about. Its threads are daemons: a
    thread that hangs in a call holds up neither the run nor the end of the process."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.stop = threading.Event()
        self.lost: list[str] = []

    def begin(self) -> threading.Thread:
        thread = threading.Thread(target=self._all, name="load", daemon=True)
        thread.start()
        return thread

    def _pieces(self) -> Iterable[Piece]:
        """What each is about, and what does it."""
        raise NotImplementedError

    def _close(self) -> None:
        """After the last piece."""

    def _all(self) -> None:
        waiting = queue.SimpleQueue[Piece]()
        for piece in self._pieces():
            waiting.put(piece)
        threads = [
            threading.Thread(target=self._work, args=(waiting,), name=f"client-{n}", daemon=True)
            for n in range(AT_ONCE)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._close()

    def _work(self, waiting: queue.SimpleQueue[Piece]) -> None:
        while True:
            try:
                about, does = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                does()
            except Exception as error:
                self.lost.append(f"{about} {type(error).__name__}: {error}")

    def _until(self, about: str, what: str, does: Callable[[], bool]) -> bool:
        """Whether it was done at last: it's tried until it is, or the load has to stop."""
        self._history.note("client", "invoke", what, about=about)
        while not self.stop.is_set():
            if does():
                self._history.note("client", "ok", what, about=about)
                return True
            pause(PAUSE_S)
        self._history.note("client", "fail", what, about=about)
        self.lost.append(f"{about} {what}")
        return False
