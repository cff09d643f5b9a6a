"""Aggregates, as commands change them: lock the row, change it, count its version once, journal who did it and why.

A service's table is an aggregate by the class `Aggregate`. The journal is the chassis' own table, append-only by a
trigger of the database.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Identity,
    Select,
    bindparam,
    inspect,
    select,
    tuple_,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column

from chassis.core.actors import Actor
from chassis.core.refusals import NotFound
from chassis.data.columns import TYPES
from chassis.data.lock_order import note_lock

LONGEST_HISTORY = 2_000
_LOCKED = "chassis.locked"


class Aggregate:
    """A table whose rows are changed by commands only. `version` counts the commands that changed a row, and is the
    `sequence` of the events that it publishes; a write of a row that wasn't locked fails by it."""

    aggregate_type: ClassVar[str]

    version: Mapped[int] = mapped_column()

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version, "version_id_generator": False}

    @property
    def aggregate_id(self) -> str:
        """Returns the primary key; also of a row that isn't stored yet."""
        (key,) = inspect(type(self)).primary_key_from_instance(self)
        return str(key)


class _Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES


class JournalEntry(_Base):
    """An act: actor, moment, action and reason. `note` is the reason or remark that was given; `details` hold what
    changed, never personal data; `subject` and `name` are the actor's as they were."""

    __tablename__ = "journal"

    entry_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    aggregate_type: Mapped[str]
    aggregate_id: Mapped[str]
    version: Mapped[int]
    action: Mapped[str]
    note: Mapped[str | None]
    details: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]
    subject: Mapped[str]
    name: Mapped[str | None]
    client_id: Mapped[str]
    organisation: Mapped[str | None]

    def record(self) -> dict[str, Any]:
        """Returns the facts for a history, without the time and the title of the action."""
        names = ("action", "version", "note", "details", "subject", "name", "client_id")
        return {name: getattr(self, name) for name in (*names, "organisation")}


RowT = TypeVar("RowT")


def lock(session: Session, model: type[RowT], key: str) -> RowT:
    """Returns the current row, locked until the transaction ends. Raises NotFound.

    A row that this transaction has locked already can't have changed, and isn't read again. The lock is that of an
    UPDATE (FOR NO KEY UPDATE): rows that only refer to this one are written meanwhile.
    """
    known = session.get(model, key) if (model, key) in _locked(session) else None
    if known is not None:
        return known
    # Not `session.get`: that refuses a row which this transaction has read and another one has changed since.
    row = session.scalars(_locking_by_key(model), {"key": key}).unique().one_or_none()
    if row is None:
        raise NotFound
    _locked(session).add((model, key))  # asked anew: the statement may have begun the transaction
    note_lock(session, _table_of(model))
    return row


def lock_where(session: Session, model: type[RowT], which: ColumnElement[bool]) -> Sequence[RowT]:
    """Returns the current rows that meet a condition, locked in the order of their keys by one statement until the
    transaction ends.

    Excluded are rows that stopped to meet the condition before the lock, and rows that began to meet the condition
    after the statement began. Locks are those of `lock`.
    """
    session.flush()  # the rows are read anew: a change that isn't written yet would be lost
    (key,) = inspect(model).primary_key
    rows = session.scalars(_locking(model, which).order_by(key)).all()
    note_locked(session, model, rows)
    return rows


def note_locked(session: Session, model: type[RowT], rows: Sequence[RowT]) -> None:
    """Notes that this transaction has locked and read these rows, so that `lock` doesn't read them again."""
    (key,) = inspect(model).primary_key
    keys = {(model, str(getattr(row, key.key))) for row in rows}
    if keys - _locked(session):
        note_lock(session, _table_of(model))
    _locked(session).update(keys)


def _table_of(model: type[Any]) -> str:
    return str(inspect(model).local_table.name)


_BY_KEY: dict[type[Any], Select[Any]] = {}


def _locking_by_key(model: type[RowT]) -> Select[RowT]:
    """Returns the statement for one row, made once for each table: building a statement costs as much as running it."""
    if model not in _BY_KEY:
        (column,) = inspect(model).primary_key
        _BY_KEY[model] = _locking(model, column == bindparam("key"))
    return _BY_KEY[model]


def _locking(model: type[RowT], which: ColumnElement[bool]) -> Select[RowT]:
    statement = select(model).where(which).with_for_update(of=model, key_share=True)
    return statement.execution_options(populate_existing=True)


def _locked(session: Session) -> set[tuple[type, str]]:
    """Returns the rows that the transaction in progress has locked; each savepoint has its own set."""
    transaction = session.get_nested_transaction() or session.get_transaction()
    known = session.info.get(_LOCKED)
    if known is None or known[0] is not transaction:
        session.info[_LOCKED] = known = (transaction, set())
    locked: set[tuple[type, str]] = known[1]
    return locked


def record_change(
    session: Session,
    row: Aggregate,
    actor: Actor,
    action: str,
    *,
    now: datetime,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Counts a command on the aggregate (a new row has no version yet) and writes it into the journal. The event of the
    change, if there's any, is published afterwards, with the new version."""
    row.version = (row.version or 0) + 1
    record_action(session, row, actor, action, now=now, note=note, details=details)


def record_action(
    session: Session,
    row: Aggregate,
    actor: Actor,
    action: str,
    *,
    now: datetime,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Journals an action that doesn't change the aggregate, such as looking at it."""
    session.add(
        JournalEntry(
            aggregate_type=row.aggregate_type,
            aggregate_id=row.aggregate_id,
            version=row.version,
            action=str(action),
            note=note,
            details=details,
            at=now,
            subject=actor.subject,
            name=actor.name,
            client_id=actor.client_id,
            organisation=actor.organisation or None,  # a citizen's is empty
        )
    )


def history(
    session: Session, *aggregates: tuple[str, str], actions: Collection[str] | None = None
) -> Sequence[JournalEntry]:
    """Returns the journal of some aggregates, each given by type and id, oldest first: the newest 2,000 entries. A rule
    that needs certain actions names them in `actions`, so that other entries can't push them out of the 2,000."""
    wanted = [tuple_(JournalEntry.aggregate_type, JournalEntry.aggregate_id).in_(aggregates)]
    if actions is not None:
        wanted.append(JournalEntry.action.in_(sorted(actions)))
    statement = (
        select(JournalEntry)
        .where(*wanted)
        .order_by(JournalEntry.at.desc(), JournalEntry.entry_id.desc())
        .limit(LONGEST_HISTORY)
    )
    return session.scalars(statement).all()[::-1]
