"""Requests that are carried out once (chassis.data.idempotency)."""

from alembic import op

revision = "0008"
down_revision = "0007"

# `name` and `request` are keyed hashes, `answer` is sealed: a key may be a person's number, and an answer may name one.
TABLE = """
CREATE TABLE idempotency_key (
    name text CONSTRAINT pk_idempotency_key PRIMARY KEY,
    request text NOT NULL,
    answer bytea NOT NULL,
    kept_at timestamptz NOT NULL
);
CREATE INDEX ix_idempotency_key_kept_at ON idempotency_key (kept_at);
"""


def upgrade() -> None:
    op.execute(TABLE)
