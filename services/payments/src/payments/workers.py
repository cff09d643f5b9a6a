"""The workers: `bills` registers and cancels bills at the bill system (chassis.data.calls), `reconciliation` fetches
the settlement of each day."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from threading import Event as Stop
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from chassis.data.calls import Calls, Done
from chassis.data.failures import note_failure
from chassis.data.postponed_rows import postpone_row
from chassis.data.sqlstate import is_away
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from payments import queries
from payments.commands import register
from payments.commands.reconcile import reconcile
from payments.commands.recording import BILL_SYSTEM, CLOCK
from payments.commands.register import Job
from payments.domain.payments import Source
from payments.domain.registration import Call, Outcome, Result
from payments.domain.settlement import last_day
from payments.outside import BillSystem, SettlementAway
from payments.resources import Resources
from payments.settings import Settings

log = structlog.get_logger(__name__)


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
                register.record(UnitOfWork(session, BILL_SYSTEM, now), policy, done)
            if room > 0 and self._bill_system is not None:
                return register.claim(UnitOfWork(session, BILL_SYSTEM, now), policy, limit=room)
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

    def postpone(self, job: Job, reason: str) -> None:
        with self._database.transaction() as session:
            postpone_row(
                session,
                register.WORKER,
                job.bill_id,
                register.postpone,
                reason=reason,
                now=self._now(),
            )

    def id_of(self, job: Job) -> str:
        return job.bill_id


def bill_calls(
    process: Process[Settings, Resources],
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Calls[Job, Result]:
    """The loop of one process. `now` says what is due."""
    settings = process.settings
    return Calls(
        register.WORKER,
        Registering(process, now=now),
        places=settings.concurrency,
        poll_seconds=settings.poll_seconds,
    )


def register_bills(process: Process[Any, Any], stop: Stop) -> None:
    """The worker `bills` of the service."""
    bill_calls(process).run(stop)


def reconcile_daily(process: Process[Settings, Resources], stop: Stop) -> None:
    """The worker `reconciliation`: reconciles each day once, also days that were missed, and again a day for which
    money came since."""
    while not stop.is_set():
        try:
            reconcile_due_days(process, datetime.now(UTC), stop)
        except SQLAlchemyError as error:
            note_failure("reconciliation", error)
        stop.wait(process.settings.reconcile_poll_seconds)


def reconcile_due_days(
    process: Process[Settings, Resources], now: datetime, stop: Stop | None = None
) -> list[date]:
    """Reconciles the days that are due, the oldest first; returns them. A day whose settlement isn't available, or
    can't be kept, is tried again at the next turn and keeps no other day waiting."""
    bill_system = process.resources.bill_system
    if bill_system is None:
        return []
    with process.database.transaction() as session:
        due = queries.days_unreconciled(session, last_day(now, process.settings.reconcile_hour))
    done = []
    for day in due:
        if stop is not None and stop.is_set():
            break
        try:
            _reconcile(process, bill_system, day, now)
        except SettlementAway as error:
            log.warning("reconciliation.settlement_away", reason=error.code)
        except Exception as error:
            if is_away(error):
                raise
            log.exception("reconciliation.failed")
        else:
            done.append(day)
    return done


def _reconcile(
    process: Process[Settings, Resources], bill_system: BillSystem, day: date, now: datetime
) -> None:
    lines = bill_system.settlement(day)
    with process.database.transaction() as session:
        differences = reconcile(
            UnitOfWork(session, CLOCK, now), Source.SADAD, day, lines
        ).differences
    log.info("reconciliation.made", status=Source.SADAD.value, count=differences)
