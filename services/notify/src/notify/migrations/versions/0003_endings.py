"""What ends, and whom to remind of it; messages are found by the time since which they're over."""

from alembic import op

revision = "0003"
down_revision = "0002"

CHANGES = """
CREATE TABLE ending (
    about_type text NOT NULL,
    about_id text NOT NULL,
    version integer NOT NULL,
    ends_on date NOT NULL,
    about_number text,
    municipality text,
    texts jsonb NOT NULL,
    contacts bytea NOT NULL,
    CONSTRAINT pk_ending PRIMARY KEY (about_type, about_id)
);
DROP INDEX ix_message_ended_at;
CREATE INDEX ix_message_kind_ended_at ON message (kind, ended_at) WHERE emptied_at IS NULL;
"""


def upgrade() -> None:
    op.execute(CHANGES)
