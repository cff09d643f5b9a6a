"""Recover from rows at which an import fails: process the rows of a failed step singly, set a failing row aside, and
take the row up again once the system is mended.

A failure of every row isn't a fault of the rows, and neither is a database that is away, busy or slow: then the whole
step fails, and is tried again.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from traceback import extract_tb
from typing import Any, TypeVar

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.refusals import NotFound
from chassis.data.sqlstate import sqlstate
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.domain import imports
from permits.domain.csv_rows import Found
from permits.domain.imports import UNPROCESSED, Action, RowNotUnprocessed, RowStatus
from permits.models import ImportPiece, ImportRow, PermitImport

OPERATOR = SystemActor("permits-import-rows", "permits")
_OF_THE_ROW = ("22", "23")  # a value that no column takes; a rule of a table
Item = TypeVar("Item")


log = structlog.get_logger(__name__)


def process_singly(
    session: Session,
    items: Sequence[Item],
    carry_out: Callable[[Item], None],
    set_aside: Callable[[Item, Exception], None],
) -> None:
    """Carries out each item in a savepoint of its own. Raises errors that aren't the fault of single rows."""
    failed: list[tuple[Item, Exception]] = []
    for item in items:
        try:
            with session.begin_nested():
                carry_out(item)
                session.flush()
        except Exception as error:
            if not is_fault_of_row(error):
                raise
            failed.append((item, error))
    if len(failed) == len(items) > 1:
        raise failed[0][1]
    for item, why in failed:
        set_aside(item, why)


def is_fault_of_row(error: Exception) -> bool:
    """Returns whether the error would happen to this row on another day, and to no other row."""
    if isinstance(error, DBAPIError):
        return sqlstate(error).startswith(_OF_THE_ROW)
    return not isinstance(error, (MemoryError, OSError))


def mark_unprocessed(row: ImportRow, error: Exception) -> None:
    """Sets the row aside, with its data, until somebody takes the row up again. The log names class and place of the
    error, because the error's text may name people."""
    row.status = RowStatus.UNPROCESSED.value
    row.faults = [asdict(Found(catalogue.import_columns()[0].code, UNPROCESSED))]
    log.error(
        "import.row_unprocessed",
        import_id=row.import_id,
        row=row.row_number,
        error=type(error).__name__,
        at=_error_place(error),
    )


def _error_place(error: Exception) -> str | None:
    frames = extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else None


def unprocessed_rows(session: Session) -> Sequence[tuple[str, int, str]]:
    """Returns batch, row number and the batch's status of each row that was set aside."""
    statement = (
        select(ImportRow.import_id, ImportRow.row_number, PermitImport.status)
        .join(PermitImport, PermitImport.import_id == ImportRow.import_id)
        .where(ImportRow.status == RowStatus.UNPROCESSED.value)
        .order_by(PermitImport.created_at, ImportRow.import_id, ImportRow.row_number)
    )
    return [(one[0], one[1], one[2]) for one in session.execute(statement)]


def count_unprocessed(session: Session) -> int:
    """Returns how many rows are set aside."""
    waiting = select(func.count()).where(ImportRow.status == RowStatus.UNPROCESSED.value)
    return session.scalar(waiting) or 0


def retry_row(work: UnitOfWork, import_id: str, row_number: int) -> None:
    """Lets the worker read the row again, or make its permit, with its next step. Raises NotFound,
    RowNotUnprocessed, and IllegalTransition for a row that couldn't be read before the sample was drawn: such a row
    is sent in another batch."""
    batch, row = _lock_row(work, import_id, row_number)
    data: dict[str, Any] = dict(row.data or {})
    if "cells" not in data:
        batch.status = imports.advance(batch.status, Action.MAKE_AGAIN).value
        row.status, row.faults = RowStatus.READY.value, []
        _record_retry(work, batch, Action.MAKE_AGAIN, row_number)
        return
    batch.status = imports.advance(batch.status, Action.READ_AGAIN).value
    place, sending, sent_by = row.row_number - 1, row.sending, row.sent_by
    work.session.delete(row)
    piece = work.session.get(ImportPiece, (import_id, place))
    if piece is None:
        piece = ImportPiece(import_id=import_id, place=place)
        work.session.add(piece)
    piece.sending, piece.sent_by, piece.heading = sending, sent_by, data["heading"]
    piece.content = {"rows": [data["cells"]]}
    _record_retry(work, batch, Action.READ_AGAIN, row_number)


def give_up_row(work: UnitOfWork, import_id: str, row_number: int) -> None:
    """Gives the row up: no permit is made of the row, and its personal data are emptied. Raises NotFound,
    RowNotUnprocessed."""
    batch, row = _lock_row(work, import_id, row_number)
    batch.status = imports.advance(batch.status, Action.GIVE_UP_ROW).value
    row.status, row.data = RowStatus.WITHHELD.value, None
    _record_retry(work, batch, Action.GIVE_UP_ROW, row_number)


def _lock_row(work: UnitOfWork, import_id: str, row_number: int) -> tuple[PermitImport, ImportRow]:
    batch = work.lock(PermitImport, import_id)
    row = work.session.get(ImportRow, (import_id, row_number))
    if row is None:
        raise NotFound
    if row.status != RowStatus.UNPROCESSED:
        raise RowNotUnprocessed
    return batch, row


def _record_retry(work: UnitOfWork, batch: PermitImport, action: Action, row_number: int) -> None:
    batch.not_before, batch.tries = None, 0
    work.acting_as(OPERATOR).record_change(batch, action, details={"row": row_number})
