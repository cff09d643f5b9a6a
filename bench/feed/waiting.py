"""Clients that wait: plain sockets in one thread, so that the bench needs little of the cores it measures."""

import json
import selectors
import socket
import time
from typing import Any
from urllib.parse import urlsplit


class Waiter:
    """A client on a connection of its own."""

    def __init__(self, url: str, token: str, cursor: str) -> None:
        parts = urlsplit(url)
        self._host, self._token, self.cursor = parts.netloc, token, cursor
        self.socket = socket.create_connection((parts.hostname, parts.port))
        self._bytes = b""

    def ask(self, wait: int = 30) -> None:
        """Sends the question."""
        path = f"/v1/events?after={self.cursor}&wait={wait}&limit=200"
        head = f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {self._token}\r\n\r\n"
        self.socket.sendall(head.encode())

    def take(self) -> dict[str, Any] | None:
        """The answer's body once all of it is there."""
        piece = self.socket.recv(262_144)
        if not piece:
            raise ConnectionError("the gateway closed the connection")
        self._bytes += piece
        head, mark, body = self._bytes.partition(b"\r\n\r\n")
        if not mark:
            return None
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next(int(one.split(":")[1]) for one in lines if one.startswith("content-length:"))
        if len(body) < length:
            return None
        if b" 200 " not in head[:20]:
            raise ConnectionError(head[:60].decode("latin-1"))
        self._bytes = b""
        answer: dict[str, Any] = json.loads(body)
        self.cursor = answer["next_cursor"]
        return answer


class Crowd:
    """Several of them. `heard`: event id → the times (epoch) at which its clients had it; `count`: of all."""

    def __init__(self, waiters: list[Waiter]) -> None:
        self._waiters = waiters
        self.heard: dict[str, list[float]] = {}
        self.count = 0
        self._selector = selectors.DefaultSelector()
        for one in waiters:
            self._selector.register(one.socket, selectors.EVENT_READ, one)
            one.ask()

    def listen(self, seconds: float, *, enough: int | None = None) -> None:
        """Takes answers and asks anew, for so long or until `enough` were heard in all."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and (enough is None or self.count < enough):
            for key, _ in self._selector.select(min(left, 0.2)):
                waiter: Waiter = key.data
                answer = waiter.take()
                if answer is None:
                    continue
                now = time.time()
                for item in answer["items"]:
                    self.heard.setdefault(item["id"], []).append(now)
                    self.count += 1
                waiter.ask()

    def close(self) -> None:
        for one in self._waiters:
            one.socket.close()
