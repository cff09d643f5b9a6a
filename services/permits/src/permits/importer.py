"""The worker `importer`: reads files of older permits and makes permits of released batches, in small transactions.
Between two steps it rests as long as the setting says, so that the desk doesn't wait for it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from time import monotonic

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.data.sqlstate import is_away
from chassis.process import Process
from documents.issuing.resources import Printing
from permits.commands.importing import next_piece
from permits.commands.releasing_imports import release_some
from permits.domain.importing import Status
from permits.models import PermitImport
from permits.settings import Settings

FAILED = metrics.counter(
    "permits_import_steps_failed_total", "Steps of an import that failed", ["step"]
)
POLL_SECONDS = 1.0
AGAIN = timedelta(minutes=1)
Step = Callable[..., bool]
STEPS: dict[Status, Step] = {Status.READING: next_piece, Status.RELEASING: release_some}

log = structlog.get_logger(__name__)


def run(process: Process[Settings, Printing], stop: Stop) -> None:
    """Works until it's stopped; killed, it goes on where the last transaction ended."""
    while not stop.is_set():
        began = monotonic()
        worked = turn(process)
        took = monotonic() - began
        stop.wait(took * process.settings.import_rest if worked else POLL_SECONDS)


def turn(process: Process[Settings, Printing]) -> bool:
    """One step of each kind. Answers whether there was any."""
    worked = [_guarded(process, status, step) for status, step in STEPS.items()]
    return any(worked)


def _guarded(process: Process[Settings, Printing], status: Status, step: Step) -> bool:
    now = datetime.now(UTC)
    try:
        with process.database.transaction() as session:
            return step(session, now=now)
    except Exception as error:
        FAILED.labels(status.value).inc()
        log.warning("import.step_failed", step=status.value, error=type(error).__name__)
        if not is_away(error):
            with process.database.transaction() as session:
                put_off(session, status, now=now)
        return False


def put_off(session: Session, status: Status, *, now: datetime) -> None:
    """The batch whose turn it was waits, so that it doesn't stop the others."""
    waiting = (
        select(PermitImport.import_id)
        .where(PermitImport.status == status.value)
        .where((PermitImport.not_before.is_(None)) | (PermitImport.not_before <= now))
        .order_by(PermitImport.created_at)
        .limit(1)
    )
    failed = PermitImport.import_id == waiting.scalar_subquery()
    session.execute(update(PermitImport).where(failed).values(not_before=now + AGAIN))
