"""Clients that call at a rate and remember the answers."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import requests

from .stage import Stage

TOKEN_S = 120.0


@dataclass(frozen=True)
class Called:
    """One call. `status` 0: no answer; then `fault` is the class of the error."""

    at: float
    seconds: float
    status: int
    fault: str = ""
    kind: str = ""
    retry_after: str = ""


class Who:
    """Somebody's headers, with a token that is renewed in time. `renew` False: the one at hand serves on."""

    def __init__(self, stage: Stage, who: str, audience: str) -> None:
        self._stage, self._who, self._audience = stage, who, audience
        self._lock = threading.Lock()
        self._made = 0.0
        self._headers: dict[str, str] = {}
        self.renew = True

    def headers(self) -> dict[str, str]:
        with self._lock:
            if not self._headers or (self.renew and time.monotonic() - self._made > TOKEN_S):
                self._headers = self._stage.headers(self._who, self._audience)
                self._made = time.monotonic()
            return self._headers


@dataclass
class Request:
    """One kind of request: `path` and `body` (None: GET) are made anew for each call, from its number."""

    who: Who
    path: Callable[[int], str]
    body: Callable[[int], object] | None = None


@dataclass
class Callers:
    """Threads that call together `per_second` times. `pick` answers the base URL for a call, None: none is ready."""

    pick: Callable[[], str | None]
    asked: Sequence[Request]
    per_second: float
    threads: int = 4
    timeout: float = 10.0
    calls: list[Called] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Callers":
        self._running = [
            threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(self.threads)
        ]
        for thread in self._running:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._running:
            thread.join(self.timeout + 5)

    def failed(self) -> list[Called]:
        """Returns the calls without a success."""
        return [call for call in self.calls if not 200 <= call.status < 300]

    def _run(self, thread: int) -> None:
        gap, chance = self.threads / self.per_second, random.Random(thread)
        due = time.monotonic() + chance.random() * gap
        number = thread
        with requests.Session() as session:
            while not self._over.wait(max(0.0, due - time.monotonic())):
                self.calls.append(self._call(session, chance.choice(self.asked), number))
                number += self.threads
                due = max(due + gap, time.monotonic() - 2.0)

    def _call(self, session: requests.Session, request: Request, number: int) -> Called:
        at, began = time.time(), time.monotonic()
        base = self.pick()
        if base is None:
            return Called(at, 0.0, 0, "nobody is ready")
        try:
            answer = session.request(
                "POST" if request.body else "GET",
                base + request.path(number),
                json=request.body(number) if request.body else None,
                headers=request.who.headers(),
                timeout=self.timeout,
            )
        except requests.RequestException as error:
            return Called(at, time.monotonic() - began, 0, type(error).__name__)
        headers = answer.headers
        return Called(
            at, time.monotonic() - began, answer.status_code,
            answer.text[:200] if answer.status_code >= 300 else "",
            headers.get("Content-Type", ""), headers.get("Retry-After", ""),
        )  # fmt: skip


def always(url: str) -> Callable[[], str | None]:
    """Picks one process, ready or not."""
    return lambda: url


def amendment(permits: Sequence[str]) -> tuple[Callable[[int], str], Callable[[int], object]]:
    """Path and body of a write to `permits`, each time to the next of the permits."""
    return (
        lambda number: f"/v1/permits/{permits[number % len(permits)]}/amend",
        lambda number: {"reason": "تصحيح", "land": {"plots": [str(number + 1)]}},
    )
