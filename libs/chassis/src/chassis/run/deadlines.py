"""Fires deadlines (chassis.data.deadlines) in `work`, each in a transaction of its own.

Each poll lists what is due without a lock; each deadline is then taken with SKIP LOCKED, so that several processes
share the work and none waits for another. A deadline whose handler fails is tried again later, the others go on.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from chassis.core import metrics, telemetry
from chassis.data import deadlines
from chassis.data.deadlines import Deadline
from chassis.data.failures import note_failure
from chassis.data.sqlstate import is_away, is_busy
from chassis.events.parking import reason_of
from chassis.process import Process

BATCH = 200
POLL_SECONDS = 0.8  # a deadline is at most a second late
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
        with self._process.database.separate_statements() as session:
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
        reason = reason_of(error)
        log.error(
            "deadlines.failed",
            deadline=deadline.kind, aggregate_type=deadline.aggregate_type, reason=reason, count=deadline.attempts + 1,
        )  # fmt: skip
        with self._process.database.transaction() as session:
            if deadline.attempts >= len(BACKOFF_SECONDS):
                deadlines.park(session, deadline, reason=reason)
                return "parked"
            wait = timedelta(seconds=BACKOFF_SECONDS[deadline.attempts])
            deadlines.plan_next_try(session, deadline, reason=reason, try_at=now + wait)
        return "failed"
