"""An aggregate's row is locked once in a transaction, its version counted once, and the journal tells who did it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Text, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from chassis.core.ids import new_id
from chassis.core.refusals import NotFound
from chassis.data import aggregates
from chassis.data.aggregates import Aggregate, history, lock, record_action, record_change
from chassis.data.db import Database

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Base(DeclarativeBase):
    type_annotation_map = {str: Text()}


class Thing(Aggregate, Base):
    __tablename__ = "thing"
    aggregate_type = "thing"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


@dataclass(frozen=True)
class Clerk:
    subject: str = "p_clerk"
    name: str | None = "سارة (بيانات تجريبية)"
    client_id: str = "portal"
    organisation: str | None = "house"


CLERK = Clerk()


def made(session: Session) -> Thing:
    thing = Thing(id=new_id(), name="new")
    record_change(session, thing, CLERK, "make", now=NOW)
    session.add(thing)
    return thing


@pytest.fixture
def thing_id(real_database: Database) -> str:
    """A committed thing's id."""
    with real_database.transaction() as session:
        return made(session).id


@pytest.fixture
def locking(real_database: Database) -> Iterator[list[str]]:
    """The statements that lock rows, as they come."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FOR NO KEY UPDATE" in statement:
            seen.append(statement)

    event.listen(real_database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(real_database.engine, "before_cursor_execute", note)


def test_each_change_counts_one_version_and_leaves_who_when_and_why(session: Session) -> None:
    thing = made(session)
    session.flush()
    record_change(session, thing, CLERK, "rename", now=NOW, note="سبب", details={"name": [1, 2]})
    record_action(session, thing, Clerk(subject="p_reader"), "reveal", now=NOW, note="شكوى")

    entries = history(session, ("thing", thing.id))

    assert thing.version == 2
    assert [(one.action, one.version, one.subject, one.note) for one in entries] == [
        ("make", 1, "p_clerk", None),
        ("rename", 2, "p_clerk", "سبب"),
        ("reveal", 2, "p_reader", "شكوى"),
    ]
    assert (entries[1].details, entries[1].name) == ({"name": [1, 2]}, CLERK.name)


def test_a_name_stays_as_it_was_when_the_person_acted(session: Session) -> None:
    thing = made(session)
    record_action(session, thing, Clerk(name="سارة أحمد (بيانات تجريبية)"), "look", now=NOW)

    names = [one.name for one in history(session, ("thing", thing.id))]

    assert names == ["سارة (بيانات تجريبية)", "سارة أحمد (بيانات تجريبية)"]


def test_a_history_that_is_too_long_keeps_the_newest_entries(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aggregates, "LONGEST_HISTORY", 2)
    thing = made(session)
    for action in ("second", "third"):
        record_action(session, thing, CLERK, action, now=NOW)

    actions = [one.action for one in history(session, ("thing", thing.id))]

    assert actions == ["second", "third"]


def test_an_act_that_a_rule_rests_on_is_found_however_much_came_after_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aggregates, "LONGEST_HISTORY", 2)
    thing = made(session)
    for action in ("decide", "read", "read", "read"):
        record_action(session, thing, CLERK, action, now=NOW)

    found = history(session, ("thing", thing.id), actions=["decide"])

    assert [one.action for one in found] == ["decide"]


def test_the_history_of_several_aggregates_holds_no_others(session: Session) -> None:
    first, second, other = made(session), made(session), made(session)

    entries = history(session, ("thing", first.id), ("thing", second.id), ("door", other.id))

    assert [one.aggregate_id for one in entries] == [first.id, second.id]


@pytest.mark.parametrize("statement", ["UPDATE journal SET note = ''", "DELETE FROM journal"])
def test_the_journal_is_append_only(session: Session, statement: str) -> None:
    made(session)
    session.flush()

    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(statement))


def test_an_unknown_aggregate_is_refused(session: Session) -> None:
    with pytest.raises(NotFound):
        lock(session, Thing, "nothing")


def test_a_row_that_was_not_there_yet_is_locked_when_it_is(
    real_database: Database, locking: list[str]
) -> None:
    with real_database.transaction() as session:
        key = new_id()
        with pytest.raises(NotFound):
            lock(session, Thing, key)
        with real_database.transaction() as other:
            thing = Thing(id=key, name="late")
            record_change(other, thing, CLERK, "make", now=NOW)
            other.add(thing)

        assert lock(session, Thing, key).name == "late"
    assert len(locking) == 2


def test_a_row_is_locked_and_read_once_in_a_transaction(
    real_database: Database, thing_id: str, locking: list[str]
) -> None:
    with real_database.transaction() as session:
        assert lock(session, Thing, thing_id) is lock(session, Thing, thing_id)

    assert len(locking) == 1


def test_the_next_transaction_locks_anew_and_sees_what_others_did_in_between(
    real_database: Database, thing_id: str, locking: list[str]
) -> None:
    with Session(real_database.engine) as session:
        lock(session, Thing, thing_id)
        session.commit()
        with real_database.transaction() as other:
            row = lock(other, Thing, thing_id)
            row.name = "renamed"
            record_change(other, row, CLERK, "rename", now=NOW)

        row = lock(session, Thing, thing_id)

        assert (row.name, row.version) == ("renamed", 2)
    assert len(locking) == 3


def test_a_row_that_was_read_before_its_lock_is_the_one_of_now(
    real_database: Database, thing_id: str
) -> None:
    with Session(real_database.engine) as session:
        read = session.get_one(Thing, thing_id)
        with real_database.transaction() as other:
            row = lock(other, Thing, thing_id)
            row.name = "renamed"
            record_change(other, row, CLERK, "rename", now=NOW)

        row = lock(session, Thing, thing_id)

        assert row is read
        assert (row.name, row.version) == ("renamed", 2)


def test_a_lock_that_was_rolled_back_with_its_savepoint_is_taken_anew(
    real_database: Database, thing_id: str, locking: list[str]
) -> None:
    with real_database.transaction() as session:
        with session.begin_nested() as savepoint:
            lock(session, Thing, thing_id)
            savepoint.rollback()
        lock(session, Thing, thing_id)

    assert len(locking) == 2


def test_a_row_changed_by_another_transaction_is_not_written_without_its_lock(
    real_database: Database, thing_id: str
) -> None:
    with Session(real_database.engine) as session:
        stale = session.get_one(Thing, thing_id)
        with real_database.transaction() as other:
            record_change(other, lock(other, Thing, thing_id), CLERK, "rename", now=NOW)
        stale.name = "lost"
        record_change(session, stale, CLERK, "rename", now=NOW)

        with pytest.raises(StaleDataError):
            session.flush()


def test_commands_of_many_transactions_each_count_one_version(
    real_database: Database, thing_id: str
) -> None:
    workers, turns = 4, 10

    def rename(worker: int) -> None:
        for turn in range(turns):
            with real_database.transaction() as session:
                row = lock(session, Thing, thing_id)
                row.name = f"{row.name[-20:]}.{worker}{turn}"
                record_change(session, row, CLERK, "rename", now=NOW)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(rename, range(workers)))

    with real_database.transaction() as session:
        versions = [one.version for one in history(session, ("thing", thing_id))]
        assert session.get_one(Thing, thing_id).version == 1 + workers * turns
    assert versions == list(range(1, 2 + workers * turns))
