"""Until when an officer decides about an application that is in review."""

from alembic import op

revision = "0007"
down_revision = "0006"

COLUMN = """
ALTER TABLE application ADD COLUMN review_until date;
CREATE INDEX ix_application_review_until_municipality ON application (review_until, municipality)
    WHERE review_until IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(COLUMN)
