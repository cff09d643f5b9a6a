"""Which requests a worker answers in its own loop, as many at a time as have arrived.

Those of batched operations, when nothing before the operation would have to wait: the token was verified a moment ago.
This says where a request is answered, and nothing about whether: every check is made there as it is anywhere else.
"""

import re
from collections.abc import Collection, Sequence
from typing import Any

from chassis import contracts
from chassis.auth import Verifier
from chassis.bridge import Environ, Response, WsgiBridge

_TOKEN = re.compile(
    rb"\r\nauthorization:[ \t]*(?:bearer|dpop)[ \t]+([^\r\n \t]+)[ \t]*\r\n", re.IGNORECASE
)
_ELSEWHERE = re.compile(rb"\r\n(?:transfer-encoding|expect|upgrade):", re.IGNORECASE)


class Lane:
    """The requests of some operations of a service."""

    def __init__(
        self, service: str, operations: Collection[str], bridge: WsgiBridge, verifier: Verifier
    ) -> None:
        self._addresses = _addresses(service, operations)
        self._bridge = bridge
        self._verifier = verifier

    def takes(self, seen: bytes) -> bool:
        """Whether a request that begins with these bytes belongs here; they hold its whole head."""
        if not self._addresses.match(seen):
            return False
        head = seen[: seen.find(b"\r\n\r\n") + 2]
        token = _TOKEN.search(head)
        return (
            token is not None
            and _ELSEWHERE.search(head) is None
            and self._verifier.remembers(token[1])
        )

    def answer(self, environs: Sequence[Environ]) -> list[Response]:
        """The responses, in the same order."""
        return self._bridge.answer(environs)


def _addresses(service: str, operations: Collection[str]) -> Any:
    """A pattern of the request lines of these operations."""
    lines = [
        rf"{method.upper()} {re.sub(r'{[^}]*}', '[^/ ?]+', path)}"
        for path, item in contracts.openapi(service)["paths"].items()
        for method in contracts.METHODS
        if item.get(method, {}).get("operationId") in operations
    ]
    return re.compile(rf"(?:{'|'.join(lines) or '(?!)'})(?:\?[^ ]*)? HTTP/1\.1\r\n".encode())
