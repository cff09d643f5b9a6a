"""The unit of work: what a command needs besides its input."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.context import Context
from chassis.data import aggregates
from chassis.data.aggregates import Aggregate

RowT = TypeVar("RowT")


@dataclass(frozen=True)
class UnitOfWork:
    """One transaction, who acts in it, and the moment at which it acts. The chassis commits the transaction."""

    session: Session
    actor: Actor
    now: datetime

    @classmethod
    def of(cls, context: Context[Any, Any], actor: Actor) -> Self:
        """Returns the work of a handler, a deadline, a chore or a command line, in which the system acts."""
        return cls(context.session, actor, context.now)

    def acting_as(self, actor: Actor) -> Self:
        """Returns the same transaction and moment with another actor."""
        return replace(self, actor=actor)

    def lock(self, model: type[RowT], key: str) -> RowT:
        """Returns the current row, locked until the transaction ends. Raises NotFound."""
        return aggregates.lock(self.session, model, key)

    def lock_where(self, model: type[RowT], which: ColumnElement[bool]) -> Sequence[RowT]:
        """Returns the current rows for which a condition holds, locked in the order of their keys."""
        return aggregates.lock_where(self.session, model, which)

    def record_change(
        self,
        row: Aggregate,
        action: str,
        *,
        note: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Counts a command on the row as its next version, and journals it. Publish the event of the change afterwards,
        with the new version."""
        aggregates.record_change(
            self.session, row, self.actor, action, now=self.now, note=note, details=details
        )

    def record_action(
        self,
        row: Aggregate,
        action: str,
        *,
        note: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Journals an action that doesn't change the row, such as looking at it."""
        aggregates.record_action(
            self.session, row, self.actor, action, now=self.now, note=note, details=details
        )
