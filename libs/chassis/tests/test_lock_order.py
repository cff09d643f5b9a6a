"""A transaction that locks in another order than its service declares is found."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from chassis.core.actors import SystemActor
from chassis.core.ids import new_id
from chassis.data import numbers
from chassis.data.aggregates import Aggregate
from chassis.data.db import Database
from chassis.data.lock_order import SHARED, series, watched
from chassis.data.retention import Retention
from chassis.data.unit_of_work import UnitOfWork

ORDER = ("thing", "other", series("things"))


class Base(DeclarativeBase):
    type_annotation_map = {str: Text()}


class Thing(Aggregate, Base):
    __tablename__ = "thing"
    aggregate_type = "thing"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


@pytest.fixture
def keys(real_database: Database) -> Iterator[list[str]]:
    """The ids of two committed things."""
    made = sorted(new_id() for _ in range(2))
    with real_database.transaction() as session:
        session.add_all(Thing(id=key, name="n", version=1) for key in made)
    yield made
    with real_database.transaction() as session:
        session.execute(text("DELETE FROM thing"))


@pytest.fixture
def faults() -> Iterator[list[str]]:
    with watched(ORDER) as found:
        yield found


def work_in(session: Session) -> UnitOfWork:
    return UnitOfWork(session, SystemActor("a", "a"), datetime.now(UTC))


def draw(session: Session) -> None:
    numbers.draw(session, "things", "qatif", 1448)


def test_rows_before_numbers_are_in_order(
    real_database: Database, keys: list[str], faults: list[str]
) -> None:
    with real_database.transaction() as session:
        for key in keys:
            work_in(session).lock(Thing, key)
        draw(session)
        draw(session)
    assert faults == []


def test_a_row_after_a_number_is_found_with_its_place(
    real_database: Database, keys: list[str], faults: list[str]
) -> None:
    with real_database.transaction() as session:
        draw(session)
        work_in(session).lock(Thing, keys[0])

    (fault,) = faults
    assert fault.startswith("thing is locked after series things, at test_lock_order.py:")


@pytest.mark.parametrize("how", ["where", "retention"])
def test_every_way_to_lock_rows_is_looked_at(
    how: str, real_database: Database, keys: list[str], faults: list[str]
) -> None:
    rule = Retention(Thing, Thing.name == "n", lambda _work, row: setattr(row, "name", ""))
    with real_database.transaction() as session:
        draw(session)
        if how == "where":
            work_in(session).lock_where(Thing, Thing.id.in_(keys))
        else:
            rule.run(work_in(session))
        session.rollback()

    assert len(faults) == 1


def test_a_row_that_is_locked_already_may_be_named_again(
    real_database: Database, keys: list[str], faults: list[str]
) -> None:
    with real_database.transaction() as session:
        work_in(session).lock(Thing, keys[0])
        draw(session)
        work_in(session).lock(Thing, keys[0])
        work_in(session).lock_where(Thing, Thing.id == keys[0])
    assert faults == []


def test_the_next_transaction_begins_anew(
    real_database: Database, keys: list[str], faults: list[str]
) -> None:
    with Session(real_database.engine) as session:
        draw(session)
        session.commit()
        work_in(session).lock(Thing, keys[0])
    assert faults == []


def test_a_transaction_that_several_commands_share_is_not_looked_at(
    keys: list[str], session: Session, faults: list[str]
) -> None:
    assert SHARED in session.info
    draw(session)
    work_in(session).lock(Thing, keys[0])

    assert faults == []
