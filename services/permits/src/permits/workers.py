"""The worker `importer`: reads files of older permits and makes permits of released batches, in small transactions.

The worker rests between two steps as long as the setting says, so that counters don't wait for it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from time import monotonic

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.data.sqlstate import is_away, is_busy
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from permits.commands.import_older.read_files import READER, claim_batch, read_piece
from permits.commands.import_older.release_batch import make_permits
from permits.domain.imports import Status
from permits.models import PermitImport
from permits.resources import Resources
from permits.settings import Settings

FAILED = metrics.counter(
    "permits_import_steps_failed_total", "Steps of an import that failed", ["step"]
)
POLL_SECONDS = 1.0
AGAIN = timedelta(minutes=1)
Step = Callable[[UnitOfWork, PermitImport], None]
STEPS: dict[Status, Step] = {Status.READING: read_piece, Status.RELEASING: make_permits}


log = structlog.get_logger(__name__)


class StepFailed(Exception):
    """The step of this batch; `__cause__` says why."""

    def __init__(self, import_id: str) -> None:
        self.import_id = import_id


def run_importer(process: Process[Settings, Resources], stop: Stop) -> None:
    """Works until the process stops. After a kill the next process goes on where the last transaction ended."""
    while not stop.is_set():
        began = monotonic()
        worked = take_steps(process)
        took = monotonic() - began
        stop.wait(took * process.settings.import_rest if worked else POLL_SECONDS)


def take_steps(process: Process[Settings, Resources]) -> bool:
    """One step of each kind. Answers whether there was any."""
    worked = [_take_guarded_step(process, status) for status in STEPS]
    return any(worked)


def take_step(session: Session, status: Status, *, now: datetime) -> bool:
    """One step of the batch of that status that waits longest and that no other worker has. Answers whether there was
    any. Raises StepFailed."""
    work = UnitOfWork(session, READER, now)
    batch = claim_batch(work, status)
    if batch is None:
        return False
    import_id = batch.import_id
    try:
        STEPS[status](work, batch)
        session.flush()
    except Exception as error:
        raise StepFailed(import_id) from error
    return True


def _take_guarded_step(process: Process[Settings, Resources], status: Status) -> bool:
    now = datetime.now(UTC)
    try:
        with process.database.transaction() as session:
            return take_step(session, status, now=now)
    except StepFailed as failed:
        _count_failure(status, failed.__cause__)
        cause = failed.__cause__
        if cause is None or not is_away(cause):
            with process.database.transaction() as session:
                postpone(session, failed.import_id, now=now, counted=not (cause and is_busy(cause)))
    except Exception as error:  # the database is away, or the commit failed: the step comes again
        _count_failure(status, error)
    return False


def _count_failure(status: Status, error: BaseException | None) -> None:
    FAILED.labels(status.value).inc()
    log.warning("import.step_failed", step=status.value, error=type(error).__name__)


def postpone(session: Session, import_id: str, *, now: datetime, counted: bool = True) -> None:
    """The batch waits, so that it doesn't stop the others. `counted`: after some such tries its rows are taken singly;
    one whose row somebody else held isn't counted."""
    failed = update(PermitImport).where(PermitImport.import_id == import_id)
    tries = PermitImport.tries + int(counted)
    session.execute(failed.values(not_before=now + AGAIN, tries=tries))
