"""The migration to one parking lot keeps what was parked in four tables."""

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from chassis.data import migrations

BEFORE = """
INSERT INTO dead_letter (consumer, topic, partition, "offset", key, value, reason, attempts, replayed_at) VALUES
    ('sample', 't', 0, 1, 'open', 'a', 'KeyError', 3, NULL),
    ('sample', 't', 0, 2, 'back', 'b', 'KeyError', 3, now()),
    ('sample', 't', 0, 3, 'gone', 'c', 'discarded: twice; Ali (it was: KeyError)', 3, now()),
    ('sample/outbox', 't', -1, 9, 'big', 'd', 'skipped: large; Ali', 0, now());
INSERT INTO outbox_parked VALUES ('thing', 'large', 7, 'TooLarge: x', now());
INSERT INTO deadline (aggregate_type, aggregate_id, kind, due_at, try_at, attempts, reason) VALUES
    ('thing', 'late', 'close', now(), NULL, 6, 'KeyError'), ('thing', 'live', 'close', now(), now(), 1, 'KeyError');
INSERT INTO put_off (worker, key, tries, since, tried_at, parked_at) VALUES
    ('sender', 'parked', 72, now(), now(), now()), ('sender', 'live', 5, now(), now(), NULL);
"""
MOVED = [
    ("event", "sample", "open", None),
    ("event", "sample", "back", "retried"),
    ("event", "sample", "gone", "given-up"),
    ("publication", "relay", "big", "given-up"),
    ("publication", "relay", "large", None),
    ("deadline", "close", "late", None),
    ("call", "sender", "parked", None),
]


@pytest.fixture
def connection(postgres_server):
    """A database at the migration before the parking lot, with rows in all four tables."""
    engine = create_engine(postgres_server.fresh_database("lot"))
    with engine.begin() as connection:
        upgrade(connection, "0009")
        connection.execute(text(BEFORE))
        yield connection
    engine.dispose()


def upgrade(connection, number):
    config = migrations._config(migrations.CHASSIS)
    config.attributes["connection"] = connection
    command.upgrade(config, number)


def test_what_was_parked_stays_parked_and_what_lives_stays_alive(connection):
    upgrade(connection, "head")

    columns = "kind, worker, subject_id, settlement"
    moved = connection.execute(text(f"SELECT {columns} FROM parked ORDER BY id")).all()
    assert [tuple(row) for row in moved] == MOVED
    assert connection.scalars(text("SELECT aggregate_id FROM deadline")).all() == ["live"]
    assert connection.execute(text("SELECT key, tries FROM postponed_row")).all() == [("live", 5)]
