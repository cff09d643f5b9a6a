"""Migrations are numbered without a gap, and build the tables of the models."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import NullPool, create_engine, inspect, text

from chassis.data import migrations
from chassis.data.advisory import Lock

from .house import LIBS, SERVICES, Member, chain_faults, revision

BY_SERVICE = pytest.mark.parametrize("service", SERVICES, ids=lambda member: member.name)


def differences(connection: Any, metadata: Any) -> list[Any]:
    """What alembic would have to change for the database to be as the models say."""

    def ours(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or name is None or not migrations.owns(name)

    options = {"compare_type": True, "include_name": ours}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


CHAINS = [service.source for service in SERVICES] + [
    member.source / "data" for member in LIBS if member.name == "chassis"
]


@pytest.mark.parametrize("source", CHAINS, ids=lambda source: source.name)
def test_migrations_are_one_chain_numbered_from_0001(source: Path) -> None:
    files = sorted((source / "migrations" / "versions").glob("[!_]*.py"))

    assert files
    assert chain_faults([revision(path) for path in files]) == []


@BY_SERVICE
def test_the_migrated_database_is_as_the_models_say(service: Member, postgres_server: Any) -> None:
    url = postgres_server.fresh_database(service.package)
    migrations.upgrade(service.package, url)
    metadata = importlib.import_module(f"{service.package}.models").Base.metadata
    engine = create_engine(url, poolclass=NullPool)

    with engine.connect() as connection:
        found = differences(connection, metadata)
        # The comparison can fail: a table that no model knows is a difference.
        connection.execute(text("CREATE TABLE surplus (id integer)"))
        found_with_surplus = differences(connection, metadata)
        connection.rollback()

    assert found == []
    assert [kind for kind, *_ in found_with_surplus] == ["remove_table"]


def test_the_chassis_owns_what_its_chain_makes_and_no_other_table(postgres_server: Any) -> None:
    url = postgres_server.fresh_database("chassis_alone")
    migrations.upgrade(migrations.CHASSIS, url)
    engine = create_engine(url, poolclass=NullPool)

    with engine.connect() as connection:
        made = inspect(connection).get_table_names()

    assert set(made) == {*migrations.TABLES, "outbox_default", "chassis_version"}
    assert all(map(migrations.owns, [*made, "outbox_20261124", "service_version"]))
    assert not any(map(migrations.owns, ["inbox_of_the_mayor", "outbox_basket", "thing"]))


def test_a_gap_a_fork_and_a_wrong_number_are_found() -> None:
    first = ("0001_first", "0001", None)

    assert chain_faults([first, ("0002_second", "0002", "0001")]) == []
    assert chain_faults([first, ("0003_third", "0003", "0002")])
    assert chain_faults([first, ("0002_second", "0002", None)])
    assert chain_faults([("first", "0001", None)])


def test_the_numbers_of_locks_that_were_hashes_are_postgresqls_hashes(postgres_server: Any) -> None:
    """During an upgrade an old process hashes the name, and a new process states the number."""
    for module in ("identity.commands.signing_keys", "notify.commands.floods"):
        importlib.import_module(module)
    engine = create_engine(postgres_server.fresh_database("hashes"), poolclass=NullPool)
    hashes = text(
        "SELECT hashtext('identity.signing_key'), hashtextextended('notify.daily_count', 0)"
    )

    with engine.connect() as connection:
        numbers = connection.execute(hashes).one()

    assert tuple(numbers) == (-219623313, 7261710182356645862)
    names = ["identity.signing_key", "notify.daily_count"]
    assert [Lock.declared.get(number) for number in numbers] == names
