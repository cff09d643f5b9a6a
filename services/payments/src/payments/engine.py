"""The worker that speaks to the bill system (chassis.data.calls): it claims bills that are due, calls, and records what
came of it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Event as Stop
from typing import Any

from chassis.data.calls import Calls, Done
from chassis.data.put_off import put_off
from chassis.process import Process
from payments.commands import registering
from payments.commands.registering import Job
from payments.domain.registering import Call, Outcome, Result
from payments.resources import Resources
from payments.settings import Settings


class Registering:
    """What the worker does with bills."""

    def __init__(
        self, process: Process[Settings, Resources], *, now: Callable[[], datetime]
    ) -> None:
        self._database = process.database
        self._bill_system = process.resources.bill_system
        self._settings = process.settings
        self._now = now

    def turn(self, done: Sequence[Done[Job, Result]], room: int) -> Sequence[Job]:
        policy, now = self._settings.policy, self._now()
        with self._database.transaction() as session:
            if done:
                registering.record(session, policy, done, now=now)
            if room > 0 and self._bill_system is not None:
                return registering.claim(session, policy, limit=room, now=now)
        return []

    def call(self, job: Job, waited: float) -> Result:
        settings, bill_system = self._settings, self._bill_system
        if (
            bill_system is None
            or waited + settings.provider_timeout_seconds > settings.lease_seconds
        ):
            # We were frozen; somebody else may take the lease for over while the call runs, and call too.
            return Result(Outcome.NOT_SENT, "too-late")
        if job.call is Call.REGISTER:
            return bill_system.register(job.bill)
        return (bill_system.cancel if job.call is Call.CANCEL else bill_system.ask)(job.bill_id)

    def failed(self, _job: Job, why: str) -> Result:
        return Result(Outcome.UNKNOWN, why)

    def put_off(self, job: Job) -> None:
        with self._database.transaction() as session:
            put_off(session, registering.WORKER, job.bill_id, registering.leave, now=self._now())

    def id_of(self, job: Job) -> str:
        return job.bill_id


def engine(
    process: Process[Settings, Resources],
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Calls[Job, Result]:
    """The loop of one process. `now` says what is due."""
    settings = process.settings
    return Calls(
        registering.WORKER,
        Registering(process, now=now),
        places=settings.concurrency,
        poll_seconds=settings.poll_seconds,
    )


def work(process: Process[Any, Any], stop: Stop) -> None:
    """The worker `bills` of the service."""
    engine(process).run(stop)
