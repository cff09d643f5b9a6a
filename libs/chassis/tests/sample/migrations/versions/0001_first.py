"""The sample's one table."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE thing (id text PRIMARY KEY, name text NOT NULL, version integer NOT NULL)"
    )
    op.execute(
        "CREATE TABLE seen (id text PRIMARY KEY, version integer NOT NULL, times integer NOT NULL)"
    )
