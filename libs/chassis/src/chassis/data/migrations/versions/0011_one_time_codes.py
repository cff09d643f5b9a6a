"""One-time codes (chassis.one_time_codes)."""

from alembic import op

revision = "0011"
down_revision = "0010"

# `holder` and `digits` are keyed hashes: the table tells neither a mobile nor a code.
TABLE = """
CREATE TABLE one_time_code (
    holder text CONSTRAINT pk_one_time_code PRIMARY KEY,
    code_id uuid NOT NULL,
    digits text NOT NULL,
    tries integer NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ix_one_time_code_expires_at ON one_time_code (expires_at);
"""


def upgrade() -> None:
    op.execute(TABLE)
