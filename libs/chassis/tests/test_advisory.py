"""Advisory locks: who waits for whom, and the numbers that never change."""

import hashlib
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.data.advisory import Lock, LockSpace, one_at_a_time, try_one_at_a_time, try_pair
from chassis.data.db import Database

_HELD = text(
    "SELECT classid, objid, objsubid, mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
)


@pytest.fixture
def lock(monkeypatch: pytest.MonkeyPatch) -> Lock:
    monkeypatch.setattr(Lock, "declared", {})
    return Lock("sample", 0x5A5A)


@pytest.fixture
def other(real_database: Database) -> Iterator[Session]:
    with real_database.transaction() as session:
        yield session


def held(session: Session) -> set[int]:
    """The numbers of single locks that the session has."""
    rows = session.execute(_HELD).all()
    numbers = {(row.classid << 32) | row.objid for row in rows if row.objsubid == 1}
    return {number - 2**64 if number >= 2**63 else number for number in numbers}


def test_a_lock_is_its_number(other: Session, lock: Lock) -> None:
    lock.take(other)

    assert held(other) == {0x5A5A}


def test_a_lock_is_had_by_one_transaction(
    real_database: Database, other: Session, lock: Lock
) -> None:
    lock.take(other)

    with real_database.transaction() as session:
        assert not lock.try_take(session)
    other.commit()
    with real_database.transaction() as session:
        assert lock.try_take(session)


def test_a_shared_lock_is_shared(real_database: Database, other: Session, lock: Lock) -> None:
    lock.take_shared(other)

    with real_database.transaction() as session:
        lock.take_shared(session)
        assert not lock.try_take(session)


def test_a_lock_of_a_connection_outlives_its_transactions(
    real_database: Database, other: Session, lock: Lock
) -> None:
    with real_database.engine.connect() as connection:
        assert lock.try_hold(connection)
        connection.commit()
        assert not lock.try_take(other)
        lock.release(connection)
        connection.commit()
    assert lock.try_take(other)


def test_the_free_locks_of_a_family_are_taken(
    real_database: Database, other: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LockSpace, "declared", {})
    space = LockSpace("sample", 0x5B5B)
    assert space.take_free(other, 2) == [0, 1, 2]

    with real_database.transaction() as session:
        assert space.take_free(session, 3) == [3]


def test_the_lock_of_a_key_is_the_hash_of_what_and_key(other: Session) -> None:
    """An old process and a new one wait for each other during an upgrade."""
    digest = hashlib.sha256(b"thing/1012345672").digest()

    one_at_a_time(other, "thing", "1012345672")

    assert held(other) == {int.from_bytes(digest[:8], signed=True)}


def test_a_name_and_a_pair_are_taken_once(real_database: Database, other: Session) -> None:
    assert try_one_at_a_time(other, "name")
    assert try_pair(other, "name", "source")

    with real_database.transaction() as session:
        assert not try_one_at_a_time(session, "name")
        assert not try_pair(session, "name", "source")
        assert try_pair(session, "name", "another source")
