"""A row is read and locked once in a transaction, and anew in the next one and after a rollback."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from chassis.db import Database
from permits import commands
from permits.commands.journal import lock
from permits.models import Permit

DeskMaker = Callable[[Session], Any]


@pytest.fixture
def desk_of(house: Callable[..., dict[str, Any]], desk_class: type) -> DeskMaker:
    return lambda session: desk_class(session, house)


@pytest.fixture
def permit_id(real_database: Database, desk_of: DeskMaker) -> str:
    """A committed permit's id."""
    with real_database.transaction() as session:
        return str(desk_of(session).issued().permit_id)


@pytest.fixture
def locking(real_database: Database) -> Iterator[list[str]]:
    """The statements that lock rows, as they come."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FOR UPDATE" in statement:
            seen.append(statement)

    event.listen(real_database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(real_database.engine, "before_cursor_execute", note)


def test_what_a_transaction_holds_is_not_read_again(
    real_database: Database, desk_of: DeskMaker, permit_id: str, locking: list[str]
) -> None:
    with real_database.transaction() as session:
        desk = desk_of(session)
        args = session, desk.officer, permit_id
        commands.suspend(*args, reason="سبب", body="البلدية", now=desk.now)
        permit = commands.reinstate(*args, reason="عولجت", now=desk.now)
        assert (permit.status, permit.version) == ("valid", 3)

    assert len(locking) == 1


def test_the_next_transaction_locks_anew_and_sees_what_others_did_in_between(
    real_database: Database, desk_of: DeskMaker, permit_id: str, locking: list[str]
) -> None:
    with Session(real_database.engine) as session:
        lock(session, Permit, permit_id)
        session.commit()
        with real_database.transaction() as other:
            desk = desk_of(other)
            commands.cancel_permit(other, desk.officer, permit_id, reason="سبب", now=desk.now)
        locking.clear()

        row = lock(session, Permit, permit_id)

        assert row is not None
        assert (row.status, row.version) == ("cancelled", 2)
    assert len(locking) == 1


def test_a_lock_that_was_rolled_back_is_taken_anew(
    real_database: Database, permit_id: str, locking: list[str]
) -> None:
    with real_database.transaction() as session:
        with session.begin_nested() as savepoint:
            lock(session, Permit, permit_id)
            savepoint.rollback()
        lock(session, Permit, permit_id)

    assert len(locking) == 2
