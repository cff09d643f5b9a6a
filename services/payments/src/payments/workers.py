"""The workers: `bills` registers and cancels bills at the bill system (chassis.data.calls), `reconciliation` fetches
the settlement of each day."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from threading import Event as Stop
from typing import ClassVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chassis.data.calls import CallWorker, CompletedCall, Row, utc_now
from chassis.data.failures import note_failure
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


class BillRegistrar(CallWorker[Job, Result]):
    """Registers and cancels bills at the bill system. `clock` says which bills are due."""

    name = register.WORKER
    due_times: ClassVar = {register.WORKER: register.postpone}

    def __init__(
        self, process: Process[Settings, Resources], *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._bill_system = process.resources.bill_system
        self._settings = settings = process.settings
        super().__init__(
            process.database,
            places=settings.concurrency,
            poll_seconds=settings.poll_seconds,
            clock=clock,
        )

    def claim(self, session: Session, room: int) -> Sequence[Job]:
        if self._bill_system is None:
            return []
        work = UnitOfWork(session, BILL_SYSTEM, self.clock())
        return register.claim(work, self._settings.policy, limit=room)

    def call(self, job: Job, waited: float) -> Result:
        settings, bill_system = self._settings, self._bill_system
        is_late = waited + settings.provider_timeout_seconds > settings.lease_seconds
        if bill_system is None or is_late:
            # The process was frozen: the lease may end during the call, and another process may call too.
            return Result(Outcome.NOT_SENT, "too-late")
        if job.call is Call.REGISTER:
            return bill_system.register(job.bill)
        return (bill_system.cancel if job.call is Call.CANCEL else bill_system.ask)(job.bill_id)

    def record(
        self, session: Session, completed: Sequence[CompletedCall[Job, Result]]
    ) -> Sequence[Job]:
        work = UnitOfWork(session, BILL_SYSTEM, self.clock())
        register.record(work, self._settings.policy, completed)
        return []

    def failed(self, _job: Job, why: str) -> Result:
        return Result(Outcome.UNKNOWN, why)

    def row_of(self, job: Job) -> Row:
        return Row(register.WORKER, job.bill_id)


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
        due = queries.list_unreconciled_days(
            session, last_day(now, process.settings.reconcile_hour)
        )
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
