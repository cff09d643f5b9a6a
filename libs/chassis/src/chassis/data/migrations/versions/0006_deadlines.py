"""Durable deadlines (chassis.data.deadlines)."""

from alembic import op

revision = "0006"
down_revision = "0005"

# `try_at` is the due time, later after a failed try, and NULL when the deadline is parked.
TABLE = """
CREATE TABLE deadline (
    aggregate_type text NOT NULL,
    aggregate_id text NOT NULL,
    kind text NOT NULL,
    due_at timestamptz NOT NULL,
    try_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    reason text,
    CONSTRAINT pk_deadline PRIMARY KEY (aggregate_type, aggregate_id, kind)
);
CREATE INDEX ix_deadline_try_at ON deadline (try_at);
"""


def upgrade() -> None:
    op.execute(TABLE)
