"""Sealed columns: opened by the keys of their database, found by a keyed hash, sealed anew after a change of keys."""

import base64
from typing import Any

import pytest
from sqlalchemy import Text, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, validates

from chassis.core.settings import Settings
from chassis.data.db import Database
from chassis.data.sealed import BlindKey, Sealed, SealingSettings, keys_of, reseal, use_keys
from chassis.data.sealing import CannotUnseal


class Base(DeclarativeBase):
    type_annotation_map = {str: Text()}


class Owner(Base):
    __tablename__ = "owner"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Sealed("owner.name"))
    number: Mapped[str | None] = mapped_column(Sealed("owner.number"))
    number_key: Mapped[str | None] = mapped_column(BlindKey(of="number", inside="number"))

    @validates("number")
    def _index(self, _name: str, number: str | None) -> str | None:
        self.number_key = number
        return number


def keyring(*numbered: tuple[int, str]) -> str:
    return ",".join(
        f"{number}:{base64.urlsafe_b64encode(letter.encode() * 32).decode()}"
        for number, letter in numbered
    )


def settings_with(*versions: int) -> SealingSettings:
    """Settings whose three keyrings have these versions of their keys, the current one first."""
    letters = {1: "abc", 2: "def"}
    columns, index, events = (
        keyring(*((version, letters[version][place]) for version in versions)) for place in range(3)
    )
    return SealingSettings(
        database_url="x", kafka_bootstrap_servers="x", issuer="https://issuer.test",
        sealing_key=columns, blind_index_key=index, personal_data_key=events,
    )  # fmt: skip


@pytest.fixture
def owners(database: Database) -> Database:
    """The test's database with a table of owners, and with the first keys."""
    use_keys(database, settings_with(1))
    with database.transaction() as session:
        session.execute(
            text(
                "CREATE TEMP TABLE owner (id text PRIMARY KEY, name bytea, number bytea, number_key text)"
            )
        )
    return database


@pytest.fixture
def stored(owners: Database) -> Database:
    """The database with two owners, one of whom has no number."""
    with owners.transaction() as session:
        session.add_all(
            [Owner(id="1", name="سارة", number="1000000008"), Owner(id="2", name="علي")]
        )
    return owners


def raw(database: Database) -> list[Any]:
    with database.transaction() as session:
        return list(session.execute(text("SELECT name, number, number_key FROM owner ORDER BY id")))


def test_a_sealed_column_is_stored_sealed_and_read_open(stored: Database) -> None:
    first, second = raw(stored)

    assert "سارة".encode() not in first.name
    assert b"1000000008" not in first.number
    assert first.number_key.startswith("v1:")
    assert (second.number, second.number_key) == (None, None)
    with stored.transaction() as session:
        rows = session.scalars(select(Owner).order_by(Owner.id)).all()
        assert [(row.name, row.number) for row in rows] == [("سارة", "1000000008"), ("علي", None)]


def test_a_row_is_found_by_its_value_under_the_current_and_under_old_keys(stored: Database) -> None:
    with stored.transaction() as session:
        assert session.scalar(select(Owner.id).where(Owner.number_key == "1000000008")) == "1"
        assert session.scalar(select(Owner.id).where(Owner.number_key == "1000000016")) is None

    use_keys(stored, settings_with(2, 1))

    with stored.transaction() as session:
        keys = keys_of(session).index.keys("1000000008")
        assert session.scalar(select(Owner.id).where(Owner.number_key.in_(keys))) == "1"


def test_a_value_that_was_moved_to_another_column_does_not_open(stored: Database) -> None:
    with stored.transaction() as session:
        session.execute(text("UPDATE owner SET name = number WHERE id = '1'"))

        with pytest.raises(CannotUnseal):
            session.get(Owner, "1")


def test_two_databases_of_one_process_have_their_own_keys(
    stored: Database, settings: Settings
) -> None:
    other = Database(settings.database_url)
    use_keys(other, settings_with(2))
    try:
        with stored.transaction() as session, other.transaction() as second:
            assert keys_of(session).columns.current == 1
            assert keys_of(second).columns.current == 2
            assert keys_of(session).index.key("x") != keys_of(second).index.key("x")
    finally:
        other.dispose()


def test_a_database_without_keys_stores_nothing_in_the_clear(settings: Settings) -> None:
    database = Database(settings.database_url)
    use_keys(database, settings)  # of a service that has none
    try:
        with Session(database.engine) as session:
            with pytest.raises(LookupError, match="no keys"):
                keys_of(session)
            session.add(Owner(id="3", name="بلا مفتاح"))
            with pytest.raises((LookupError, StatementError), match="no keys"):
                session.flush()
    finally:
        database.dispose()


def test_after_a_change_of_keys_rows_are_sealed_anew_and_old_keys_are_not_needed(
    stored: Database,
) -> None:
    said: list[str] = []
    use_keys(stored, settings_with(2, 1))

    first = reseal(stored, Base.registry.mappers, said.append)
    second = reseal(stored, Base.registry.mappers, said.append)
    use_keys(stored, settings_with(2))

    assert (first, second, said) == (2, 0, ["owner: 2 rows"])
    with stored.transaction() as session:
        row = session.scalars(select(Owner).where(Owner.number_key == "1000000008")).one()
        assert (row.name, row.number) == ("سارة", "1000000008")


def test_a_missing_hash_of_a_sealed_value_is_filled_once(stored: Database) -> None:
    """A migration that adds the hash can't open the value."""
    with stored.transaction() as session:
        session.execute(text("UPDATE owner SET number_key = NULL"))

    counts = [reseal(stored, Base.registry.mappers, lambda _: None) for _ in range(2)]

    assert counts == [1, 0]
    with stored.transaction() as session:
        assert session.scalar(select(Owner.id).where(Owner.number_key == "1000000008")) == "1"


def test_two_equal_keys_and_a_short_one_are_refused() -> None:
    good = settings_with(1)
    basic = {
        name: getattr(good, name) for name in ("database_url", "kafka_bootstrap_servers", "issuer")
    }
    keys = {"sealing_key": good.sealing_key, "blind_index_key": good.blind_index_key}

    with pytest.raises(ValueError, match="have to differ"):
        SealingSettings(**basic, **keys, personal_data_key=good.sealing_key)
    with pytest.raises(ValueError, match="32 bytes"):
        SealingSettings(**basic, **keys, personal_data_key="c2hvcnQ")
