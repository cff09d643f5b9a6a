"""Fires deadlines (chassis.data.deadlines) in `work`, each in a transaction of its own, and repairs those that failed.

Each poll lists what is due without a lock; each deadline is then taken with SKIP LOCKED, so that several processes
share the work and none waits for another. A deadline whose handler fails is tried again later, the others go on.
"""

import random
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from typing import Any

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError

from chassis.core import metrics, telemetry
from chassis.core.times import rfc3339
from chassis.data import deadlines
from chassis.data.deadlines import Deadline
from chassis.data.failures import note_failure
from chassis.data.sqlstate import is_away, is_busy
from chassis.events.dead_letters import reason_of
from chassis.process import Process, pass_process

BATCH = 200
POLL_SECONDS = 0.5
# After the last of these waits a deadline that fails again is parked.
BACKOFF_SECONDS = (5, 30, 120, 600, 3_600)

log = structlog.get_logger(__name__)


class Deadlines:
    """Fires the deadlines of one service. `clock` says what is due, and is the handlers' `context.now`."""

    def __init__(
        self,
        process: Process[Any, Any],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._process = process
        self._handlers = process.service.deadlines
        self._clock = clock

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set; a database that's away is waited for."""
        while not stop.is_set():
            try:
                more = self.step(stop)
            except SQLAlchemyError as error:
                note_failure("deadlines", error)
                stop.wait(1.0)
                continue
            if not more:
                stop.wait(POLL_SECONDS)

    def step(self, stop: Stop) -> bool:
        """Tries one batch of what is due, and returns whether it's worth looking again at once. It begins anywhere in
        the batch, and ends where another process was: so several of them rarely meet. Raises SQLAlchemyError when the
        database is away."""
        with self._process.database.transaction() as session:
            kinds = sorted(self._handlers)
            found = deadlines.due(session, kinds, now=self._clock(), most=BATCH)
        begin = random.randrange(len(found)) if found else 0  # noqa: S311 - no secret
        tried = 0
        for one in (*found[begin:], *found[:begin]):
            if stop.is_set() or not self._fire(one):
                break
            tried += 1
        return 0 < tried < len(found) or tried == BATCH

    def _fire(self, deadline: Deadline) -> bool:
        """Returns False for a deadline that another process has, or has had."""
        now = self._clock()
        try:
            outcome = self._handle(deadline, now)
        except Exception as error:
            if is_away(error):
                raise
            outcome = "busy" if is_busy(error) else self._note_failure(deadline, error, now)
        if outcome:
            metrics.DEADLINES.labels(deadline.kind, outcome).inc()
        return bool(outcome)

    def _handle(self, deadline: Deadline, now: datetime) -> str:
        """Removes the deadline and runs its handler in one transaction."""
        with self._process.database.transaction() as session:
            taken = deadlines.take(session, deadline, now=now)
            if taken is None:
                return ""
            context = replace(self._process.context(session), now=now)
            with telemetry.span(f"deadline {deadline.kind}", None):
                self._handlers[deadline.kind](context, taken)
        return "fired"

    def _note_failure(self, deadline: Deadline, error: Exception, now: datetime) -> str:
        """Plans the next try, or parks the deadline after the last wait."""
        gone = deadline.attempts >= len(BACKOFF_SECONDS)
        wait = None if gone else timedelta(seconds=BACKOFF_SECONDS[deadline.attempts])
        reason = reason_of(error)
        log.error(
            "deadlines.failed",
            deadline=deadline.kind, aggregate_type=deadline.aggregate_type, reason=reason, count=deadline.attempts + 1,
        )  # fmt: skip
        with self._process.database.transaction() as session:
            deadlines.note_failure(
                session, deadline, reason=reason, try_at=None if wait is None else now + wait
            )
        return "parked" if gone else "failed"


@click.group("deadlines", help="Deadlines whose handler failed until they were parked.")
def group() -> None:
    """Of a service with deadlines."""


@group.command("list")
@pass_process
def list_parked(process: Process[Any, Any]) -> None:
    """One a line: type, id, kind, due time, tries, reason."""
    with process.database.transaction() as session:
        for row in deadlines.parked(session):
            click.echo(
                f"{row.aggregate_type}\t{row.aggregate_id}\t{row.kind}\t{rfc3339(row.due_at)}\t{row.attempts}\t{row.reason}"
            )


@group.command("retry", help="Try a parked deadline again, at once.")
@click.argument("aggregate_type")
@click.argument("aggregate_id")
@click.argument("kind")
@pass_process
def retry(process: Process[Any, Any], aggregate_type: str, aggregate_id: str, kind: str) -> None:
    """Exit 1 when it isn't parked."""
    with process.database.transaction() as session:
        found = deadlines.retry(session, aggregate_type, aggregate_id, kind)
    click.echo("it will be tried again" if found else "it isn't parked")
    sys.exit(0 if found else 1)
