"""A service's own process with a ledger beside its handlers: `python -m tests.faults.promises.noted PACKAGE ROLE...`

The read model keeps the newest version only, so a second effect of an event couldn't be seen in it. Here each handler
of permits first adds a row to a table without any uniqueness, in the same transaction: it counts effects. With
POISON_FILE it also fails for the events that the file names, "permit/version" a line, as a faulty release would.
"""

import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import text

from chassis.core import context
from chassis.core.cloudevents import Received
from chassis.run import cli
from chassis.service import BatchHandler, Handler

Context = context.Context[Any, Any]

NOTE = text(
    "INSERT INTO faults_ledger (event_id, permit_id, version, pid) VALUES (:id, :subject, :sequence, :pid)"
)


class FaultyRelease(Exception):
    """What a handler with a bug raises."""


@cache
def poison() -> frozenset[str]:
    file = os.environ.get("POISON_FILE")
    return frozenset(Path(file).read_text().split()) if file else frozenset()


@cache
def noted(handler: Handler) -> Handler:
    """Returns the handler with its line in the ledger. Events that shared a transaction share it still."""
    if isinstance(handler, BatchHandler):
        return replace(handler, prepare=_before(handler.prepare))
    return _before(handler)


def _before(handle: Callable[[Context, Received], Any]) -> Callable[[Context, Received], Any]:
    def note(work: Context, event: Received) -> Any:
        if f"{event.subject}/{event.sequence}" in poison():
            raise FaultyRelease
        values = {"id": event.id, "subject": event.subject, "sequence": event.sequence}
        work.session.execute(NOTE, {**values, "pid": os.getpid()})
        return handle(work, event)

    return note


def main(package: str, *role: str) -> None:
    service = importlib.import_module(f"{package}.app").SERVICE
    for topic, handlers in service.handlers.items():
        if topic == "permits.permit":
            for kind in handlers:
                handlers[kind] = noted(handlers[kind])
    sys.argv = [package, *role]
    cli.main(service)


if __name__ == "__main__":
    main(*sys.argv[1:])
