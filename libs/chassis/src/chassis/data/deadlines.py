"""Durable deadlines: something has to happen to an aggregate at a time. A deadline is a row.

A command sets, moves or drops a deadline in the transaction of its change: both are committed or neither. `work` fires
a due deadline (chassis.run.deadlines) in one transaction with its effects, so that it takes effect once, however many
processes run and whenever they're killed. An aggregate has at most one deadline of a kind. A deadline that keeps
failing moves to the parking lot (chassis.data.parking).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from chassis.core.context import Context
from chassis.data import parking
from chassis.data.parking import REPLACED, Entry, Kind, Settlement, Subject

# A handler that waits longer for a lock releases its deadline and is tried again. Commands lock the aggregate first and
# its deadline second; a handler locks them the other way round, and the command has to win.
PATIENCE = "250ms"

# Settles the parked deadlines of an aggregate, after the statement's own change of `deadline`. A deadline that is being
# parked at the same moment isn't seen and stays parked. That harms nothing: a handler looks at its aggregate's state.
_SETTLE_PARKED = """WITH settled AS (
        UPDATE parked SET settled_at = now(), settlement = 'replaced', settled_by = 'the service', settled_why = '{why}'
        WHERE kind = 'deadline' AND subject_type = :aggregate_type AND {which} AND settled_at IS NULL)
    """
_THIS_KIND = "worker = :kind AND subject_id = :aggregate_id"
_DROPPED = "the deadline was dropped"
_SET = text(
    _SETTLE_PARKED.format(  # noqa: S608
        why="the deadline was set anew",
        which="worker = :kind AND subject_id = ANY(CAST(:aggregate_ids AS text[]))",
    )
    + """INSERT INTO deadline (aggregate_type, aggregate_id, kind, due_at, try_at)
    SELECT :aggregate_type, new.aggregate_id, :kind, new.due_at, new.due_at
    FROM unnest(CAST(:aggregate_ids AS text[]), CAST(:times AS timestamptz[])) AS new (aggregate_id, due_at)
    ON CONFLICT ON CONSTRAINT pk_deadline DO UPDATE
    SET due_at = EXCLUDED.due_at, try_at = EXCLUDED.try_at, attempts = 0, reason = NULL
    WHERE (deadline.due_at, deadline.attempts) <> (EXCLUDED.due_at, 0)"""
)
_ONE = "aggregate_type = :aggregate_type AND aggregate_id = :aggregate_id AND kind = :kind"
_DROP = text(
    _SETTLE_PARKED.format(why=_DROPPED, which=_THIS_KIND) + f"DELETE FROM deadline WHERE {_ONE}"  # noqa: S608
)
_DROP_ALL = text(
    _SETTLE_PARKED.format(why=_DROPPED, which="subject_id = ANY(:aggregate_ids)")  # noqa: S608
    + "DELETE FROM deadline WHERE aggregate_type = :aggregate_type AND aggregate_id = ANY(:aggregate_ids)"
).bindparams(bindparam("aggregate_ids", type_=postgresql.ARRAY(postgresql.TEXT)))
_PENDING = text(
    """SELECT kind, due_at FROM deadline
    WHERE aggregate_type = :aggregate_type AND aggregate_id = :aggregate_id
    UNION ALL SELECT worker, due_at FROM parked
    WHERE kind = 'deadline' AND subject_type = :aggregate_type AND subject_id = :aggregate_id AND settled_at IS NULL
    ORDER BY due_at, kind"""
)
_DUE = text(
    """SELECT aggregate_type, aggregate_id, kind, due_at, attempts FROM deadline
    WHERE try_at <= :now AND kind = ANY(:kinds) ORDER BY try_at LIMIT :most"""
).bindparams(bindparam("kinds", type_=postgresql.ARRAY(postgresql.TEXT)))
# Deletes the deadline before its handler runs, so that the handler may set the next deadline of the kind. A rollback
# brings the deadline back.
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
_REMOVE = text(
    f"DELETE FROM deadline WHERE {_ONE} AND due_at = :due_at AND attempts = :attempts RETURNING 1"  # noqa: S608
)
_RESTORE = text(
    """INSERT INTO deadline (aggregate_type, aggregate_id, kind, due_at, try_at)
    VALUES (:aggregate_type, :aggregate_id, :kind, :due_at, :due_at) ON CONFLICT DO NOTHING"""
)
_LATE = text(
    """SELECT coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(try_at)), 0)::float
    FROM deadline WHERE try_at <= :now"""
)


@dataclass(frozen=True)
class Deadline:
    """A deadline as its handler gets it. `attempts`: the tries before, which failed."""

    aggregate_type: str
    aggregate_id: str
    kind: str
    due_at: datetime
    attempts: int = 0


# What a service does when a deadline of a kind is due. Like a handler of events it neither commits nor calls outside.
DeadlineHandler = Callable[[Context[Any, Any], Deadline], object]
# Kind → handler.
Deadlines = Mapping[str, DeadlineHandler]


def set_deadline(
    session: Session, aggregate_type: str, aggregate_id: str, kind: str, due_at: datetime
) -> None:
    """Sets the aggregate's deadline of this kind, or moves it. A time in the past fires at once. Setting the time that
    the deadline has changes nothing. A deadline that failed or is parked begins anew."""
    set_deadlines(session, aggregate_type, kind, {aggregate_id: due_at})


def set_deadlines(
    session: Session, aggregate_type: str, kind: str, times: Mapping[str, datetime]
) -> None:
    """Sets the deadlines of several aggregates, as `set_deadline` does. `times`: by the aggregates' ids."""
    aggregate_ids = sorted(times)
    values = {"aggregate_type": aggregate_type, "kind": kind, "aggregate_ids": aggregate_ids}
    session.execute(_SET, {**values, "times": [times[one] for one in aggregate_ids]})


def drop_deadline(session: Session, aggregate_type: str, aggregate_id: str, kind: str) -> None:
    """Drops the aggregate's deadline of this kind, if it has one."""
    session.execute(_DROP, _key_values(aggregate_type, aggregate_id, kind))


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


def plan_next_try(session: Session, deadline: Deadline, *, reason: str, try_at: datetime) -> None:
    """Counts a try that failed, and sets the time of the next try. A deadline that was moved or dropped meanwhile stays
    as it is."""
    session.execute(_FAILED, {**_state_of(deadline), "reason": reason, "try_at": try_at})


def park(session: Session, deadline: Deadline, *, reason: str) -> None:
    """Moves a deadline whose last try failed to the parking lot. A deadline that was moved or dropped meanwhile stays
    as it is."""
    if session.scalar(_REMOVE, _state_of(deadline)) is None:
        return
    subject = _subject(deadline.aggregate_type, deadline.aggregate_id, deadline.kind)
    # An older deadline of this kind may have been parked while this one was set.
    parking.settle_subjects(
        session, [subject], Settlement(REPLACED, "system", "a newer deadline was parked")
    )
    tries = deadline.attempts + 1
    parking.park(session, subject, reason=reason, tries=tries, due_at=deadline.due_at)


def retry_parked(session: Session, entry: Entry, settlement: Settlement) -> bool:
    """Makes a parked deadline due. Returns False when somebody has settled the entry."""
    subject = entry.subject
    # The deadline's row is locked before the entry, in the order of `set_deadline`.
    values = _key_values(subject.type, subject.id, subject.worker)
    with session.begin_nested() as savepoint:
        session.execute(_RESTORE, {**values, "due_at": entry.needed["due_at"]})
        if parking.settle(session, entry.id, settlement):
            return True
        savepoint.rollback()
    return False


def seconds_late(session: Session, now: datetime) -> float:
    """Returns the seconds since the first overdue deadline was due."""
    return float(session.scalar(_LATE, {"now": now}) or 0.0)


def _key_values(aggregate_type: str, aggregate_id: str, kind: str) -> dict[str, Any]:
    return {"aggregate_type": aggregate_type, "aggregate_id": aggregate_id, "kind": kind}


def _subject(aggregate_type: str, aggregate_id: str, kind: str) -> Subject:
    return Subject(Kind.DEADLINE, kind, aggregate_type, aggregate_id)


def _state_of(deadline: Deadline) -> dict[str, Any]:
    return {**_name_of(deadline), "due_at": deadline.due_at, "attempts": deadline.attempts}


def _name_of(deadline: Deadline) -> dict[str, Any]:
    return _key_values(deadline.aggregate_type, deadline.aggregate_id, deadline.kind)
