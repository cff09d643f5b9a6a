"""What each day held, for the partners who follow."""

from alembic import op

revision = "0009"
down_revision = "0008"

TABLES = """
CREATE TABLE followed_thing (
    day date NOT NULL,
    thing_id uuid NOT NULL,
    version integer NOT NULL,
    event_id text NOT NULL,
    type text NOT NULL,
    permit_id uuid NOT NULL,
    data jsonb NOT NULL,
    CONSTRAINT pk_followed_thing PRIMARY KEY (day, thing_id)
);
CREATE INDEX ix_followed_thing_version ON followed_thing (thing_id, version);
CREATE TABLE followed_day (
    day date NOT NULL,
    things integer NOT NULL,
    closed_at timestamptz NOT NULL,
    CONSTRAINT pk_followed_day PRIMARY KEY (day)
);
"""


def upgrade() -> None:
    op.execute(TABLES)
