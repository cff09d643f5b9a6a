"""One PostgreSQL and one Kafka for all processes of a test run: the first process that asks starts it, and stops it
after the last use."""

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar


class Shareable(Protocol):
    """A backend that can tell another process how to reach it."""

    def shared(self) -> dict[str, Any]:
        """What another process needs, as JSON."""

    def stop(self) -> None:
        """Twice does no harm."""


Found = TypeVar("Found", bound=Shareable)


@contextmanager
def shared_backend(
    folder: Path, name: str, start: Callable[[], Found], attach: Callable[[dict[str, Any]], Found]
) -> Iterator[Found]:
    """The backend `name` that all processes with the same folder share.

    Locks of the kernel say which process uses it, so that a killed one uses nothing any more.
    """
    address = folder / f"{name}.json"
    with _locked(folder / f"{name}.lock"):
        known = json.loads(address.read_text()) if address.exists() else None
        users = known["users"] if known else str(folder / f"{name}.{secrets.token_hex(4)}.users")
        using = _lock(Path(users), fcntl.LOCK_SH)
        if known:
            backend = attach(known["backend"])
        else:
            backend = start()
            _write(address, {"users": users, "backend": backend.shared()})
    try:
        yield backend
    finally:
        try:
            if known is None:
                with _locked(folder / f"{name}.lock"):
                    address.unlink()  # a process that asks from now on starts another backend
                fcntl.flock(using, fcntl.LOCK_EX)
            backend.stop()
        finally:
            os.close(using)  # the process that started it waits for this


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    descriptor = _lock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(file: Path, kind: int) -> int:
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, kind)
    return descriptor


def _write(file: Path, found: dict[str, Any]) -> None:
    descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(found, stream)
