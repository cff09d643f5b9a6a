"""Durable deadlines: something has to happen to an aggregate at a time. A deadline is a row.

A command sets, moves or drops a deadline in the transaction of its change: both are committed or neither. `work` fires
a due deadline (chassis.run.deadlines) in one transaction with its effects, so that it takes effect once, however many
processes run and whenever they're killed. An aggregate has at most one deadline of a kind.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from chassis.core.context import Context

# A handler that waits longer than that for a row lets go of its deadline and is tried again: commands lock the
# aggregate first and its deadline second, a handler the other way round, and the command shall be the one to go on.
PATIENCE = "250ms"

_SET = text(
    """INSERT INTO deadline (aggregate_type, aggregate_id, kind, due_at, try_at)
    VALUES (:aggregate_type, :aggregate_id, :kind, :due_at, :due_at)
    ON CONFLICT ON CONSTRAINT pk_deadline DO UPDATE
    SET due_at = EXCLUDED.due_at, try_at = EXCLUDED.try_at, attempts = 0, reason = NULL
    WHERE (deadline.due_at, deadline.attempts) <> (EXCLUDED.due_at, 0)"""
)
_ONE = "aggregate_type = :aggregate_type AND aggregate_id = :aggregate_id AND kind = :kind"
_DROP = text(f"DELETE FROM deadline WHERE {_ONE}")  # noqa: S608
_DROP_ALL = text(
    "DELETE FROM deadline WHERE aggregate_type = :aggregate_type AND aggregate_id = ANY(:aggregate_ids)"
).bindparams(bindparam("aggregate_ids", type_=postgresql.ARRAY(postgresql.TEXT)))
_PENDING = text(
    """SELECT kind, due_at FROM deadline
    WHERE aggregate_type = :aggregate_type AND aggregate_id = :aggregate_id ORDER BY due_at, kind"""
)
_DUE = text(
    """SELECT aggregate_type, aggregate_id, kind, due_at, attempts FROM deadline
    WHERE try_at <= :now AND kind = ANY(:kinds) ORDER BY try_at LIMIT :most"""
).bindparams(bindparam("kinds", type_=postgresql.ARRAY(postgresql.TEXT)))
# Gone before its handler runs, so that the handler may set the next deadline of the kind; a rollback brings it back.
_TAKE = text(
    f"""DELETE FROM deadline WHERE (aggregate_type, aggregate_id, kind) = (
        SELECT aggregate_type, aggregate_id, kind FROM deadline
        WHERE {_ONE} AND try_at <= :now FOR UPDATE SKIP LOCKED)
    RETURNING aggregate_type, aggregate_id, kind, due_at, attempts, set_config('lock_timeout', '{PATIENCE}', true)"""  # noqa: S608
)
_FAILED = text(
    f"""UPDATE deadline SET attempts = attempts + 1, try_at = :try_at, reason = :reason
    WHERE {_ONE} AND due_at = :due_at AND attempts = :attempts"""  # noqa: S608
)
_PARKED = text(
    """SELECT aggregate_type, aggregate_id, kind, due_at, attempts, reason FROM deadline
    WHERE try_at IS NULL ORDER BY due_at, aggregate_type, aggregate_id, kind"""
)
_RETRY = text(
    f"UPDATE deadline SET try_at = due_at, attempts = 0 WHERE {_ONE} AND try_at IS NULL RETURNING 1"  # noqa: S608
)
_WAITING = text(
    """SELECT (SELECT count(*) FROM deadline WHERE try_at IS NULL),
    (SELECT coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(try_at)), 0)::float
        FROM deadline WHERE try_at <= :now)"""
)


@dataclass(frozen=True)
class Deadline:
    """A deadline as its handler gets it. `attempts`: the tries before, which failed."""

    aggregate_type: str
    aggregate_id: str
    kind: str
    due_at: datetime
    attempts: int = 0


@dataclass(frozen=True)
class Parked(Deadline):
    """A deadline that isn't tried any more. `reason`: why the last try failed."""

    reason: str = ""


# What a service does when a deadline of a kind is due. Like a handler of events it neither commits nor calls outside.
DeadlineHandler = Callable[[Context[Any, Any], Deadline], object]
# Kind → handler.
Deadlines = Mapping[str, DeadlineHandler]


def set_deadline(
    session: Session, aggregate_type: str, aggregate_id: str, kind: str, due_at: datetime
) -> None:
    """Sets the aggregate's deadline of this kind, or moves it. A time in the past fires at once. Setting it to the time
    that it has changes nothing; one that failed or is parked begins anew."""
    session.execute(_SET, {**_named(aggregate_type, aggregate_id, kind), "due_at": due_at})


def drop_deadline(session: Session, aggregate_type: str, aggregate_id: str, kind: str) -> None:
    """Drops the aggregate's deadline of this kind, if it has one."""
    session.execute(_DROP, _named(aggregate_type, aggregate_id, kind))


def drop_deadlines(session: Session, aggregate_type: str, *aggregate_ids: str) -> None:
    """Drops all deadlines of the aggregate, or of several."""
    values = {"aggregate_type": aggregate_type, "aggregate_ids": list(aggregate_ids)}
    session.execute(_DROP_ALL, values)


def pending(session: Session, aggregate_type: str, aggregate_id: str) -> dict[str, datetime]:
    """Returns the aggregate's deadlines, parked ones too: kind → due time, the first due first."""
    rows = session.execute(
        _PENDING, {"aggregate_type": aggregate_type, "aggregate_id": aggregate_id}
    )
    return {row.kind: row.due_at for row in rows}


def due(session: Session, kinds: Sequence[str], *, now: datetime, most: int) -> list[Deadline]:
    """Returns the deadlines to be tried now, the first due first, at most `most`. Locks none."""
    rows = session.execute(_DUE, {"now": now, "kinds": list(kinds), "most": most})
    return [Deadline(*row) for row in rows]


def take(session: Session, deadline: Deadline, *, now: datetime) -> Deadline | None:
    """Takes a due deadline out of the table, for the rest of this transaction: the rollback puts it back. None when
    it's another process's, or was moved or dropped. From here on the transaction waits for locks for 250 ms only."""
    row = session.execute(_TAKE, {**_name_of(deadline), "now": now}).one_or_none()
    return None if row is None else Deadline(*row[:-1])


def note_failure(
    session: Session, deadline: Deadline, *, reason: str, try_at: datetime | None
) -> None:
    """Counts a try that failed; the next one is at `try_at`, or there's none (None: parked). A deadline that was moved
    or dropped meanwhile stays as it is."""
    values = {"due_at": deadline.due_at, "attempts": deadline.attempts}
    session.execute(_FAILED, {**_name_of(deadline), **values, "reason": reason, "try_at": try_at})


def parked(session: Session) -> list[Parked]:
    """Returns the parked deadlines, the first due first."""
    return [Parked(*row) for row in session.execute(_PARKED)]


def retry(session: Session, aggregate_type: str, aggregate_id: str, kind: str) -> bool:
    """Lets a parked deadline be tried again; False when it isn't parked."""
    named = _named(aggregate_type, aggregate_id, kind)
    return session.scalar(_RETRY, named) is not None


def waiting(session: Session, now: datetime) -> tuple[int, float]:
    """Returns the number of parked deadlines, and the seconds since the first overdue deadline was due."""
    count, seconds = session.execute(_WAITING, {"now": now}).one()
    return int(count), float(seconds)


def _named(aggregate_type: str, aggregate_id: str, kind: str) -> dict[str, Any]:
    return {"aggregate_type": aggregate_type, "aggregate_id": aggregate_id, "kind": kind}


def _name_of(deadline: Deadline) -> dict[str, Any]:
    return _named(deadline.aggregate_type, deadline.aggregate_id, deadline.kind)
