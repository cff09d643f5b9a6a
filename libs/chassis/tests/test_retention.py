"""A retention empties each row once, whatever other processes do at the same moment."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Text, event, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from chassis.core.actors import SystemActor
from chassis.core.ids import new_id
from chassis.data.aggregates import Aggregate, JournalEntry, lock
from chassis.data.db import Database
from chassis.data.retention import Retention
from chassis.data.sealed import Sealed
from chassis.data.unit_of_work import UnitOfWork

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
EMPTIED = ""


class Base(DeclarativeBase):
    type_annotation_map = {str: Text()}


class Thing(Aggregate, Base):
    __tablename__ = "thing"
    aggregate_type = "thing"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Owner(Base):
    __tablename__ = "owner"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[Any] = mapped_column(Sealed("owner.name"), nullable=True)


def empty_name(work: UnitOfWork, row: Thing) -> None:
    row.name = EMPTIED
    work.record_change(row, "empty")


def work_in(session: Session) -> UnitOfWork:
    return UnitOfWork(session, SystemActor("retention", "sample"), NOW)


@pytest.fixture
def things(real_database: Database) -> Iterator[list[str]]:
    """The ids of three committed things, in order."""
    keys = sorted(new_id() for _ in range(3))
    with real_database.transaction() as session:
        session.execute(text("DELETE FROM thing"))
        session.add_all(Thing(id=key, name="full", version=1) for key in keys)
    yield keys
    with real_database.transaction() as session:
        session.execute(text("DELETE FROM thing"))


def journalled(session: Session, keys: list[str]) -> int:
    entries = select(JournalEntry).where(
        JournalEntry.aggregate_id.in_(keys), JournalEntry.action == "empty"
    )
    return len(session.scalars(entries).all())


RULE = Retention(Thing, Thing.name != EMPTIED, empty_name)


def test_processes_that_empty_at_once_empty_each_row_once(
    real_database: Database, things: list[str]
) -> None:
    def empty() -> int:
        with real_database.transaction() as session:
            return RULE.run(work_in(session))

    with real_database.transaction() as session, ThreadPoolExecutor(1) as pool:
        counts = [RULE.run(work_in(session)), pool.submit(empty).result(10)]
    counts.append(empty())

    assert counts == [3, 0, 0]
    with real_database.transaction() as session:
        assert journalled(session, things) == 3


def test_a_row_that_somebody_works_on_is_left_for_the_next_run(
    real_database: Database, things: list[str]
) -> None:
    with real_database.transaction() as other:
        lock(other, Thing, things[1])
        with real_database.transaction() as session:
            assert RULE.run(work_in(session)) == 2
    with real_database.transaction() as session:
        assert RULE.run(work_in(session)) == 1


def test_a_row_that_is_no_longer_due_once_it_is_locked_stays(
    real_database: Database, things: list[str]
) -> None:
    """The condition is on another table, which changes between the lock and the second look."""
    kept = select(JournalEntry).where(
        JournalEntry.aggregate_id == Thing.id, JournalEntry.action == "keep"
    )
    rule = Retention(Thing, (Thing.name != EMPTIED) & ~kept.exists(), empty_name)

    def keep_first_thing(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "SKIP LOCKED" in statement:
            with real_database.transaction() as other:
                thing = other.get_one(Thing, things[0])
                work_in(other).record_action(thing, "keep")

    event.listen(real_database.engine, "after_cursor_execute", keep_first_thing)
    try:
        with real_database.transaction() as session:
            assert rule.run(work_in(session)) == 2
            assert session.get_one(Thing, things[0]).name == "full"
    finally:
        event.remove(real_database.engine, "after_cursor_execute", keep_first_thing)


def test_a_batch_takes_the_first_rows_of_its_order(
    real_database: Database, things: list[str]
) -> None:
    rule = Retention(Thing, Thing.name != EMPTIED, empty_name, order_by=Thing.id.desc(), batch=2)

    with real_database.transaction() as session:
        assert rule.run(work_in(session)) == 2
        full = select(Thing.id).where(Thing.name != EMPTIED)
        assert session.scalars(full).all() == [things[0]]


def test_a_row_that_does_not_open_any_more_is_emptied_too(session: Session) -> None:
    session.execute(text("CREATE TABLE owner (id text PRIMARY KEY, name bytea)"))
    session.execute(text("INSERT INTO owner VALUES ('o', 'not what any key has sealed')"))

    def empty(_work: UnitOfWork, row: Owner) -> None:
        row.name = None

    done = Retention(Owner, Owner.name.is_not(None), empty).run(work_in(session))

    assert done == 1
    assert session.scalar(text("SELECT count(name) FROM owner")) == 0
