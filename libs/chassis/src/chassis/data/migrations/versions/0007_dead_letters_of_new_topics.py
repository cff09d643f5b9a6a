"""Dead letters of a topic that was made anew: its records take the places of the old ones, and are others.

A running process of the version before parks no record until it's replaced: its consumer waits, and loses none.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

KEY = """
CREATE UNIQUE INDEX IF NOT EXISTS uq_dead_letter_record
    ON dead_letter (consumer, topic, partition, "offset", sha256(value));
DO $$
DECLARE replaced text;
BEGIN
    FOR replaced IN SELECT conname FROM pg_constraint WHERE conrelid = 'dead_letter'::regclass AND contype = 'u' LOOP
        EXECUTE format('ALTER TABLE dead_letter DROP CONSTRAINT %I', replaced);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    op.execute(KEY)
