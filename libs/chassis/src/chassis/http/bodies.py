"""Limits the bytes of a request's body and decides when they are read.

A body up to the service's ordinary limit is read before the request's first step. An operation that takes more
(`x-max-body-bytes` in the contract) reads a larger body only when a step asks for it, behind the limits and mostly
behind the check of the credential; so a refused request costs no memory.
"""

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO, RawIOBase
from threading import Semaphore, Timer
from typing import Any, NamedTuple

from gunicorn.http.errors import NoMoreData, ParseException

from chassis.core import contracts
from chassis.http.problems import Problem

Environ = dict[str, Any]

# A larger body has so long to arrive; a client that sends more slowly loses its connection, not we a thread.
LARGE_BODY_SECONDS = 60.0


class LargeBody(NamedTuple):
    """An operation that takes larger bodies than the others of its service."""

    method: str
    path: Any
    most_bytes: int


class BodyLimits:
    """The largest body of each operation of a service. At most `places` large bodies are in memory at once. `forms`:
    the path of a page → the bytes that its form may have."""

    def __init__(
        self, service: str, ordinary: int, *, places: int, forms: Mapping[str, int] | None = None
    ) -> None:
        self.ordinary = ordinary
        pages = [LargeBody("POST", re.compile(re.escape(p)), n) for p, n in (forms or {}).items()]
        self._large = [*_large(service), *pages]
        self._places = Semaphore(max(1, places))

    def of(self, method: str, path: str) -> int:
        """Returns the bytes that a request may have."""
        for one in self._large:
            if one.method == method and one.path.fullmatch(path):
                return max(one.most_bytes, self.ordinary)
        return self.ordinary

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for one large body. Raises Problem `unavailable` when all are taken."""
        if not self._places.acquire(blocking=False):
            raise Problem("unavailable")
        try:
            yield
        finally:
            self._places.release()


def _large(service: str) -> Iterator[LargeBody]:
    for path, item in contracts.openapi(service)["paths"].items():
        for method in contracts.METHODS:
            if most := item.get(method, {}).get("x-max-body-bytes"):
                pattern = re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path))
                yield LargeBody(method.upper(), re.compile(pattern), int(most))


class Body:
    """One request's body. `is_unread` tells that the connection still holds it, and has to be closed."""

    def __init__(self, environ: Environ, limits: BodyLimits) -> None:
        self._stream = environ["wsgi.input"]
        self._socket = environ.get("gunicorn.socket")
        self._length = _length(environ)
        self._limits = limits
        self._limit = limits.of(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
        self._reserved = ExitStack()
        self._content: bytes | None = None

    def begin(self) -> None:
        """Refuses a body that announces too many bytes. Reads a body of ordinary size.

        Raises Problem: `body-too-large`, or `malformed-body` where chunks are announced and none come.
        """
        if self._length is not None and self._length > self._limit:
            raise self._too_large()
        expected = self._limit if self._length is None else self._length
        if expected <= self._limits.ordinary:
            self._content = self._read() if expected else b""

    def read(self) -> bytes:
        """Returns the whole body, read at the first call. Raises Problem `body-too-large`, before more than the limit
        is read, `malformed-body` for one that ends early, or `unavailable`."""
        if self._content is None:
            self._reserved.enter_context(self._limits.place())
            with _deadline(self._socket):
                content = self._read()
            if len(content) < (self._length or 0):
                raise Problem("malformed-body")
            self._content = content
        return self._content

    @property
    def is_unread(self) -> bool:
        return self._content is None

    @property
    def is_empty(self) -> bool:
        return self._content == b""

    def close(self) -> None:
        """Frees the place that a large body took."""
        self._reserved.close()

    def _read(self) -> bytes:
        most = self._limit + 1 if self._length is None else self._length
        try:
            content = bytes(self._stream.read(most))
        except (ParseException, NoMoreData):  # gunicorn closes the connection after the answer
            raise Problem("malformed-body") from None
        if len(content) > self._limit:
            raise self._too_large()
        return content

    def _too_large(self) -> Problem:
        return Problem("body-too-large", params={"limit": self._limit})


class LateInput(RawIOBase):
    """A body as Flask reads it. A large body is read when a page asks for its form, behind the guard of the page."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._content: BytesIO | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer. Raises Problem, as `Body.read` does."""
        if self._content is None:
            self._content = BytesIO(self._body.read())
        return self._content.readinto(buffer)


def _length(environ: Environ) -> int | None:
    """Returns the declared length; None for a body in chunks, whose length shows at its end."""
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdigit():
        return int(length)
    return None if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked" else 0


@contextmanager
def _deadline(connection: Any) -> Iterator[None]:
    """Ends a reading that takes too long: a time-out of the socket would begin anew with each byte."""

    def end() -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RD)

    timer = Timer(LARGE_BODY_SECONDS, end)
    timer.daemon = True
    if connection is not None:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
