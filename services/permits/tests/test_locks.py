"""Commands of one transaction read and lock a row once. What a lock is, is tested in the chassis."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from chassis.data.db import Database
from permits.commands import change_permit

from .waiting import preparing

DeskMaker = Callable[[Session], Any]


@pytest.fixture
def desk_of(house: Callable[..., dict[str, Any]], desk_class: type) -> DeskMaker:
    return lambda session: desk_class(session, house)


@pytest.fixture
def permit_id(real_database: Database, desk_of: DeskMaker) -> str:
    """A committed permit's id."""
    with preparing(real_database) as session:
        return str(desk_of(session).issued().permit_id)


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


def test_what_a_transaction_holds_is_not_read_again(
    real_database: Database, desk_of: DeskMaker, permit_id: str, locking: list[str]
) -> None:
    with real_database.transaction() as session:
        desk = desk_of(session)
        change_permit.suspend(desk.work, permit_id, reason="سبب", body="البلدية")
        permit = change_permit.reinstate(desk.work, permit_id, reason="عولجت")
        assert (permit.status, permit.version) == ("valid", 3)

    assert len([one for one in locking if "FROM permit " in one.replace("\n", " ")]) == 1
