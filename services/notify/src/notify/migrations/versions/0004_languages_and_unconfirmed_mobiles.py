"""People choose the language of their texts, and an unconfirmed mobile gets texts about several things a day."""

from alembic import op

revision = "0004"
down_revision = "0003"

CHANGES = """
CREATE TABLE chosen_language (
    mobile_key text CONSTRAINT pk_chosen_language PRIMARY KEY,
    mobile bytea NOT NULL,
    language text NOT NULL,
    chosen_at timestamptz NOT NULL
);

ALTER TABLE daily_count ADD COLUMN things text[] DEFAULT '{}'::text[] NOT NULL;
UPDATE daily_count SET things = ARRAY[first] WHERE first IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(CHANGES)
