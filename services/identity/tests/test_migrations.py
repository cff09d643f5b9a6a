"""What a migration makes of rows that were there before it."""

from alembic import command
from sqlalchemy import NullPool, create_engine, text

from chassis.data import migrations

ROWS = """
INSERT INTO organisation (code, kind, name_ar, name_en, status, version, created_at, changed_at, changed_by)
VALUES ('gas', 'partner', 'جهة (بيانات تجريبية)', 'Organisation (trial data)', 'active', 1,
    '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 'provision');
INSERT INTO person (person_id, username, display_name, organisation, role, scopes, password_hash, status, version,
    created_at, changed_at, changed_by)
VALUES ('p_1', 'noor', 'نور (بيانات تجريبية)', 'gas', 'officer', '{}', 'x', 'active', 3,
    '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z', 'p_admin');
"""


def test_who_changed_a_row_last_stands_in_the_journal(postgres_server):
    url = postgres_server.fresh_database("identity_of_before")
    engine = create_engine(url, poolclass=NullPool)
    config = migrations._config("identity")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.execute(text(ROWS))

    migrations.upgrade("identity", url)

    columns = "aggregate_type, aggregate_id, version, action, subject"
    with engine.connect() as connection:
        entries = connection.execute(text(f"SELECT {columns} FROM journal ORDER BY at")).all()
    assert [tuple(one) for one in entries] == [
        ("organisation", "gas", 1, "register", "provision"),
        ("person", "p_1", 3, "amend", "p_admin"),
    ]
