"""The migration to proposed versions gives each loaded version a file."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, text

from chassis.data import migrations
from licences.catalogue import first_rules, first_rules_text


@pytest.fixture
def connection(postgres_server: Any) -> Iterator[Connection]:
    """A database at the migration before, with the version that the service brought along and another one."""
    engine = create_engine(postgres_server.fresh_database("loaded_rules"))
    with engine.begin() as connection:
        upgrade(connection, migrations.CHASSIS, "head")
        upgrade(connection, "licences", "0003")
        for version in ("2026.1", "2026.2"):
            document = json.dumps({**first_rules(), "version": version})
            connection.execute(
                text(
                    "INSERT INTO rule_version"
                    " VALUES (:version, '2026-01-01', CAST(:document AS jsonb), now(), 'rules')"
                ),
                {"version": version, "document": document},
            )
        yield connection
    engine.dispose()


def upgrade(connection: Connection, chain: str, number: str) -> None:
    config = migrations._config(chain)
    config.attributes["connection"] = connection
    command.upgrade(config, number)


def test_the_file_of_the_first_version_is_the_one_that_was_brought_along(
    connection: Connection,
) -> None:
    upgrade(connection, "licences", "head")

    sources = dict(connection.execute(text("SELECT name, source FROM rule_version")).all())
    assert sources["2026.1"] == first_rules_text()
    assert json.loads(sources["2026.2"]) == {**first_rules(), "version": "2026.2"}
