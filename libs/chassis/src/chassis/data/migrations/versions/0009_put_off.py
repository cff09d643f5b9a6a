"""Rows that workers put off, and how often (chassis.data.put_off)."""

from alembic import op

revision = "0009"
down_revision = "0008"

TABLE = """
CREATE TABLE put_off (
    worker text NOT NULL,
    key text NOT NULL,
    tries integer NOT NULL,
    since timestamptz NOT NULL,
    tried_at timestamptz NOT NULL,
    parked_at timestamptz,
    CONSTRAINT pk_put_off PRIMARY KEY (worker, key)
);
"""


def upgrade() -> None:
    op.execute(TABLE)
