"""The lane: answers requests in a worker's own loop, as many at a time as have arrived, and holds paused requests.

The lane takes requests of fast operations whose token was verified a moment ago, so that no step before the operation
waits. The lane decides where a request is answered, not whether: a request in the lane passes every check that a
request in a thread passes.
"""

import re
import time
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from chassis.access.auth import Verifier
from chassis.access.revocations import RevocationsUnknown
from chassis.core import contracts
from chassis.fast.batching import Pause, Task, run_to_pauses
from chassis.http.problems import Problem
from chassis.http.stack import Environ, Response, WsgiBridge

_TOKEN = re.compile(
    rb"\r\nauthorization:[ \t]*(?:bearer|dpop)[ \t]+([^\r\n \t]+)[ \t]*\r\n", re.IGNORECASE
)
_ELSEWHERE = re.compile(rb"\r\n(?:transfer-encoding|expect|upgrade):", re.IGNORECASE)


class PausedRequest(NamedTuple):
    """A request that pauses until its pause is over, or until the moment `until` (time.monotonic)."""

    task: Task[Response]
    pause: Pause
    until: float
    environ: Environ

    def is_due(self, now: float) -> bool:
        """Returns whether the request can be resumed."""
        return now >= self.until or self.pause.is_over()


class Lane:
    """Answers requests of some operations of a service."""

    def __init__(
        self,
        service: str,
        operations: Collection[str],
        bridge: WsgiBridge,
        verifier: Verifier,
        *,
        afterwards: Collection[str] = (),
    ) -> None:
        self._addresses = _addresses(service, operations)
        self._pausing = _addresses(service, {*operations, *afterwards})
        self._bridge = bridge
        self._verifier = verifier

    def takes(self, seen: bytes) -> bool:
        """Returns whether a request that begins with `seen`, which holds its whole head, belongs to the lane."""
        if not self._addresses.match(seen):
            return False
        head = seen[: seen.find(b"\r\n\r\n") + 2]
        token = _TOKEN.search(head)
        return (
            token is not None
            and _ELSEWHERE.search(head) is None
            and self._verifier.remembers(token[1])
        )

    def may_pause(self, method: str, path: str) -> bool:
        """Returns whether a request that a thread answers may pause, so that the loop takes the request over."""
        return self._pausing.match(f"{method} {path} HTTP/1.1\r\n".encode()) is not None

    def answer(self, environs: Sequence[Environ]) -> list[Response | PausedRequest]:
        """Returns the responses to the requests, in the order of the requests; a PausedRequest for each that pauses."""
        tasks = [Task(self._bridge.respond(environ)) for environ in environs]
        run_to_pauses(tasks)
        return [self._outcome(task, environ) for task, environ in zip(tasks, environs, strict=True)]

    def resume(self, waiting: Sequence[PausedRequest]) -> list[Response | PausedRequest]:
        """Resumes requests that are due, or all because the worker ends. Returns what `answer` returns."""
        for one in waiting:
            one.task.resume(self._verdict(one.pause))
        run_to_pauses([one.task for one in waiting])
        return [self._outcome(one.task, one.environ) for one in waiting]

    def _verdict(self, pause: Pause) -> bool | Exception:
        """Returns what the pause answers. A token that became void meanwhile opens nothing."""
        try:
            if self._verifier.is_void(pause.caller):
                return Problem("unauthorized")
        except RevocationsUnknown:
            return Problem("unavailable")
        except Exception as error:  # of the database
            return error
        return pause.is_over()

    def _outcome(self, task: Task[Response], environ: Environ) -> Response | PausedRequest:
        if task.pause is not None:
            return PausedRequest(task, task.pause, time.monotonic() + task.pause.seconds, environ)
        return self._bridge.finish(task.error or task.result(), environ)


def _addresses(service: str, operations: Collection[str]) -> Any:
    """Returns a pattern that matches the request lines of these operations."""
    lines = [
        rf"{method.upper()} {re.sub(r'{[^}]*}', '[^/ ?]+', path)}"
        for path, item in contracts.openapi(service)["paths"].items()
        for method in contracts.METHODS
        if item.get(method, {}).get("operationId") in operations
    ]
    return re.compile(rf"(?:{'|'.join(lines) or '(?!)'})(?:\?[^ ]*)? HTTP/1\.1\r\n".encode())
