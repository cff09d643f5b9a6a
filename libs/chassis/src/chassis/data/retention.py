"""Empties personal data whose time is over, in any number of processes at once, each row once.

A chore of the service builds the condition and runs it. The hook empties the row, journals and publishes:

    def empty_applications(context: Context) -> None:
        ended_before = context.now - timedelta(days=context.settings.application_days)
        due = (Application.closed_at < ended_before) & Application.emptied_at.is_(None)
        work = UnitOfWork.of(context, SystemActor("retention", "licences"))
        Retention(Application, due, _empty_application, order_by=Application.closed_at).run(work)

    def _empty_application(work: UnitOfWork, row: Application) -> None:
        row.body = row.owner_number = row.owner_key = None
        row.emptied_at = work.now
        record_application(work, row, "empty", "emptied")
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy import ColumnElement, inspect, select
from sqlalchemy.orm import defer

from chassis.data import aggregates
from chassis.data.sealed import Sealed
from chassis.data.unit_of_work import UnitOfWork

RowT = TypeVar("RowT")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Retention(Generic[RowT]):
    """A rule that empties rows of one table.

    `due`: the condition on the rows to be emptied. The condition has to be false for an emptied row.
    `empty(work, row)`: empties the locked row and what belongs to the row, journals and publishes. A row that the hook
    leaves as it is comes again in the next batch.
    `order_by`: the rows of a batch are the first in this order. The default is the primary key.
    `batch`: the largest number of rows in one transaction. The rest is due in the next run of the chore.
    `name`: the word for the rows in the log event `retention.emptied`. The default is the table's name.
    """

    model: type[RowT]
    due: ColumnElement[bool]
    empty: Callable[[UnitOfWork, RowT], object]
    order_by: Any = None
    batch: int = 100
    name: str | None = None

    def run(self, work: UnitOfWork) -> int:
        """Empties one batch in the transaction of `work`. Returns the number of rows.

        Another process that runs the same rule at the same moment gets other rows.
        """
        rows = self._locked_rows(work)
        for row in rows:
            self.empty(work, row)
        work.session.flush()
        if rows:
            name = self.name or inspect(self.model).local_table.name
            log.info("retention.emptied", what=name, count=len(rows))
        return len(rows)

    def _locked_rows(self, work: UnitOfWork) -> Sequence[RowT]:
        """Locks rows that are due, and returns the locked rows that are still due.

        The second statement is needed for a condition on other tables: such a condition may have become false while the
        first statement ran, because a row's lock doesn't lock other tables.
        """
        (key,) = inspect(self.model).primary_key
        locking = (
            select(key)
            .where(self.due)
            .order_by(key if self.order_by is None else self.order_by)
            .limit(self.batch)
            .with_for_update(of=self.model, key_share=True, skip_locked=True)
        )
        if not (keys := work.session.scalars(locking).all()):
            return []
        still_due = select(self.model).where(key.in_(keys), self.due).order_by(key)
        options = [defer(one, raiseload=True) for one in _sealed_columns(self.model)]
        reading = still_due.options(*options).execution_options(populate_existing=True)
        rows = work.session.scalars(reading).unique().all()
        aggregates.note_locked(work.session, self.model, rows)
        return rows


def _sealed_columns(model: type[Any]) -> list[Any]:
    """Returns the model's sealed attributes. A retention doesn't open them, so that a row that can't be opened any more
    is emptied too."""
    mapper = inspect(model)
    return [
        getattr(model, one.key)
        for one in mapper.column_attrs
        if isinstance(one.columns[0].type, Sealed)
    ]
