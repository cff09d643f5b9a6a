"""An open loop: requests at a constant rate, each one's time counted from when it should have been sent.

    python -m bench.gateway.open_loop HOST PORT FILE RATE SECONDS CONNECTIONS

A closed loop sends the next request when the last one is answered: a server that stands still for a second holds up the
load too, and what would have waited is missing from the percentiles (coordinated omission). wrk2 counts from the
intended time instead; so does this, in the same steady steps. A request for which no connection is free waits for one,
and its wait counts. FILE is that of load.lua. Prints a line of JSON.
"""

import json
import math
import random
import select
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WARMING_S, PATIENCE_S = 1.0, 10.0
_CHUNK = 262_144


class NoAnswer(Exception):
    """A request wasn't answered with 200, or not in time."""


class Connection:
    """A keep-alive connection with at most one request in hand."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._connect()

    def _connect(self) -> None:
        self.socket = socket.create_connection(self._address, timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due = 0.0
        self._head = b""
        self._missing = -1

    def send(self, request: bytes, due: float) -> None:
        """Sends a request, which is small enough for the socket's buffer."""
        self.due, self._head, self._missing = due, b"", -1
        self.socket.sendall(request)

    def read(self) -> bool:
        """Reads what's there; True when the answer is whole. Raises NoAnswer."""
        data = self.socket.recv(_CHUNK)
        if not data:
            raise NoAnswer("a connection was closed")
        if self._missing >= 0:
            self._missing -= len(data)
        else:
            self._head += data
            head, blank, body = self._head.partition(b"\r\n\r\n")
            if not blank:
                return False
            self._missing = _length(head) - len(body)
        return self._missing <= 0

    def close(self) -> None:
        self.socket.close()

    def renew_if_closing(self) -> None:
        """A worker that is about to end says so in its last answer."""
        if b"\r\nconnection: close" in self._head.lower():
            self.close()
            self._connect()


def _length(head: bytes) -> int:
    """The length of the body. Raises NoAnswer for anything but a 200 that states it."""
    status, _, fields = head.lower().partition(b"\r\n")
    if not status.startswith(b"http/1.1 200 "):
        raise NoAnswer(status.decode("latin-1"))
    for field in fields.split(b"\r\n"):
        name, _, value = field.partition(b":")
        if name == b"content-length":
            return int(value)
    raise NoAnswer("an answer doesn't state its length")


class Loop:
    """Sends `requests` at random, `rate` a second for `seconds`, after a second to warm up."""

    def __init__(
        self, connections: Sequence[Connection], requests: Sequence[bytes], rate: float
    ) -> None:
        self._free = deque(connections)
        self._busy: dict[socket.socket, Connection] = {}
        self._requests = requests
        self._rate = rate
        self._waiting: deque[float] = deque()
        self.times: list[float] = []  # from the intended time to the whole answer, in seconds
        self.late: list[
            float
        ] = []  # from the intended time to the sending: ours, and of a server that's behind

    def run(self, seconds: float) -> None:
        """Returns when each request is answered. Raises NoAnswer."""
        began = time.perf_counter()
        count = int((WARMING_S + seconds) * self._rate)
        ends = began + WARMING_S + seconds + PATIENCE_S
        counted_from, scheduled = began + WARMING_S, 0
        while scheduled < count or self._waiting or self._busy:
            now = time.perf_counter()
            if now > ends:
                raise NoAnswer(f"{len(self._waiting) + len(self._busy)} requests wait at the end")
            while scheduled < count and (due := began + scheduled / self._rate) <= now:
                self._waiting.append(due)
                scheduled += 1
            self._send()
            following = began + scheduled / self._rate if scheduled < count else ends
            self._receive(max(0.0, following - time.perf_counter()), counted_from)

    def _send(self) -> None:
        while self._waiting and self._free:
            connection, due = self._free.popleft(), self._waiting.popleft()
            self.late.append(time.perf_counter() - due)
            connection.send(random.choice(self._requests), due)
            self._busy[connection.socket] = connection

    def _receive(self, at_most: float, counted_from: float) -> None:
        ready, _, _ = select.select(list(self._busy), [], [], at_most)
        for one in ready:
            connection = self._busy[one]
            if not connection.read():
                continue
            if connection.due >= counted_from:
                self.times.append(time.perf_counter() - connection.due)
            del self._busy[one]
            connection.renew_if_closing()
            self._free.append(connection)


def requests_of(file: Path, host: str, port: int) -> list[bytes]:
    """The requests of a file: the token, the method, the path, then a line for each (query string, or body)."""
    token, method, path, *lines = file.read_text().splitlines()
    head = f"Host: {host}:{port}\r\nAuthorization: Bearer {token}\r\n"
    if method != "POST":
        return [f"{method} {path}{line} HTTP/1.1\r\n{head}\r\n".encode() for line in lines]
    return [
        f"POST {path} HTTP/1.1\r\n{head}Content-Type: application/json\r\n"
        f"Content-Length: {len(line.encode())}\r\n\r\n{line}".encode()
        for line in lines
    ]


def histogram(times: Sequence[float]) -> dict[str, int]:
    """Counts seconds by milliseconds: up to 1, 2, 4, 8, …"""
    counts = Counter(max(0, math.ceil(math.log2(max(one, 1e-9) * 1000))) for one in times)
    return {f"<= {2**power} ms": counts[power] for power in sorted(counts)}


def percentile(values: Sequence[float], share: float) -> float:
    """Returns a percentile in milliseconds."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


def main(host: str, port: int, file: Path, rate: float, seconds: float, many: int) -> int:
    """Prints the figures; 1, with what happened, when a request failed."""
    connections = [Connection(host, port) for _ in range(many)]
    loop = Loop(connections, requests_of(file, host, port), rate)
    try:
        loop.run(seconds)
    except (NoAnswer, OSError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    figures: dict[str, Any] = {
        "answers": len(loop.late),
        "per_s": len(loop.times) / seconds,
        "p50_ms": percentile(loop.times, 0.5),
        "p99_ms": percentile(loop.times, 0.99),
        "sent_late_p99_ms": percentile(loop.late, 0.99),
        "histogram": histogram(loop.times),
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(
        main(
            sys.argv[1],
            int(sys.argv[2]),
            Path(sys.argv[3]),
            float(sys.argv[4]),
            float(sys.argv[5]),
            int(sys.argv[6]),
        )
    )
