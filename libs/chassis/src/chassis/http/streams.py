"""Answers that are sent piece by piece: an export of any length in the memory of one piece.

The operation's transaction is over by then. A client that takes a piece too slowly, or an answer that takes too long,
ends the connection: without the last chunk the client knows that the answer isn't whole. So does a revocation: each
piece is data of others, and who may not have it any more gets no other one.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import structlog

PIECE_SECONDS = 10.0
WHOLE_SECONDS = 600.0

log = structlog.get_logger(__name__)


class CutOff(Exception):
    """The caller's token was revoked while the answer was being sent."""


class Stream:
    """Pieces of a body. `on_end` is called once, whether the answer was sent, broke off or was never begun."""

    def __init__(
        self, pieces: Iterator[bytes], on_end: Callable[[], object] = lambda: None
    ) -> None:
        self._pieces = pieces
        self._on_end: Callable[[], object] | None = on_end
        self._operation, self._is_void = "", _never

    def only_while_valid(self, operation: str, is_void: Callable[[], bool]) -> None:
        """`is_void` is asked before each piece is sent, and answers from memory. Any error of it ends the answer."""
        self._operation, self._is_void = operation, is_void

    def sent_to(self, socket: Any) -> Iterator[bytes]:
        """The pieces for gunicorn, which sends each before it takes the next. Raises TimeoutError and CutOff."""
        if socket is not None:
            socket.settimeout(PIECE_SECONDS)
        until = time.monotonic() + WHOLE_SECONDS
        for piece in self._pieces:
            if time.monotonic() > until:
                raise TimeoutError("the answer takes too long")
            if self._is_void():
                log.warning("stream.cut_off", operation=self._operation, reason="revoked")
                raise CutOff("the token was revoked meanwhile")
            yield piece

    def close(self) -> None:
        """Ends it, wherever it is."""
        on_end, self._on_end = self._on_end, None
        getattr(self._pieces, "close", lambda: None)()
        if on_end is not None:
            on_end()


def _never() -> bool:
    return False


class SentStream:
    """What the bridge hands to the server."""

    def __init__(self, stream: Stream, socket: Any) -> None:
        self._stream = stream
        self._iterator = stream.sent_to(socket)

    def __iter__(self) -> Iterator[bytes]:
        return self._iterator

    def close(self) -> None:
        """The server calls it at the end of every answer."""
        self._iterator.close()  # type: ignore[attr-defined]
        self._stream.close()
