"""The sample's one table."""

from alembic import op

from chassis.migrations import create_chassis_tables, create_token_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_chassis_tables()
    create_token_tables()
    op.execute(
        "CREATE TABLE thing (id text PRIMARY KEY, name text NOT NULL, version integer NOT NULL)"
    )
    op.execute(
        "CREATE TABLE seen (id text PRIMARY KEY, version integer NOT NULL, times integer NOT NULL)"
    )
