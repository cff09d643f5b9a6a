"""What the clients of a world do: pieces of work, some at a time, each call again until its outcome is known."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from .draining import standing_at
from .history import History
from .nemesis import pause

PAUSE_S = 0.3
ENDS_S = 60.0  # for a client after the load was stopped
Piece = tuple[str, Callable[[], Any]]


class Load:
    """Clients that take one piece of work after another, and attendants who work until the run has come through.

    `stop` ends the clients and every wait of theirs, `over` the attendants. `lost` names what was never done. `values`:
    what identifies the rows of the run, for the world's statements. All threads are daemons: a thread that hangs in a
    call holds up neither the run nor the end of the process.
    """

    clients = 8

    def __init__(self, history: History) -> None:
        self.history = history
        self.stop, self.over = threading.Event(), threading.Event()
        self.lost: list[str] = []
        self.values: dict[str, Any] = {}
        self._threads: list[threading.Thread] = []
        self._attending: list[threading.Thread] = []
        self._turn = threading.Lock()

    def pieces(self) -> Iterable[Piece]:
        """Yields what each piece is about, and the call that does it. A generator may pause, and so set the pace."""
        raise NotImplementedError

    def attendants(self) -> Sequence[Callable[[], None]]:
        """Returns what goes on in threads beside the clients, such as payers and readers, until `over` is set."""
        return ()

    def shortfall(self) -> str:
        """Says what a run lacks that is to prove something; nothing when it's whole."""
        return ""

    def is_done(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def begin(self) -> None:
        pieces = iter(self.pieces())
        self._attending = [_start_thread(attend, "attendant") for attend in self.attendants()]
        self._threads = [
            _start_thread(lambda: self._work(pieces), f"client-{n}") for n in range(self.clients)
        ]

    def wait(self, overtime_s: float) -> Iterator[str]:
        """Waits until the load is done, and stops it. Yields a trouble when it takes too long or a client hangs."""
        if not _within(overtime_s, self.is_done):
            yield f"the load wasn't done {overtime_s:.0f} s after the last fault"
        self.stop.set()
        _within(ENDS_S, lambda: Load.is_done(self))
        for thread in self._threads:
            if thread.is_alive():
                yield f"{thread.name} hangs at {standing_at(thread)}"

    def close(self) -> None:
        """Ends the attendants."""
        self.over.set()
        for thread in self._attending:
            thread.join(15)

    def keep_trying(self, about: str, what: str, does: Callable[[], Any]) -> Any:
        """Repeats a call until its outcome is known. Returns what the call answered, None when the load was stopped."""
        self.history.note("client", "invoke", what, marker=about)
        while not self.stop.is_set():
            if answer := does():
                self.history.note("client", "ok", what, marker=about)
                return answer
            pause(PAUSE_S)
        self.history.note("client", "unknown", what, marker=about)
        self.lost.append(f"{about} {what}")
        return None

    def _work(self, pieces: Iterator[Piece]) -> None:
        while True:
            with self._turn:
                about, does = next(pieces, ("", None))
            if does is None:
                return
            try:
                does()
            except Exception as error:
                self.lost.append(f"{about} {type(error).__name__}: {error}")


def spread(pieces: Sequence[Piece], seconds: float, stop: threading.Event) -> Iterator[Piece]:
    """Yields the pieces evenly over some seconds; what an outage held back is made up for."""
    began, gap = time.monotonic(), seconds / max(1, len(pieces))
    for number, piece in enumerate(pieces):
        stop.wait(max(0.0, began + number * gap - time.monotonic()))
        yield piece


def _start_thread(does: Callable[[], Any], name: str) -> threading.Thread:
    thread = threading.Thread(target=does, name=name, daemon=True)
    thread.start()
    return thread


def _within(seconds: float, is_done: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not (done := is_done()) and time.monotonic() < until:
        pause(0.1)
    return done
