"""Until when an officer decides about an application."""

from alembic import op

revision = "0013"
down_revision = "0012"

COLUMN = """
ALTER TABLE licence_application ADD COLUMN review_until date;
CREATE INDEX ix_licence_application_review ON licence_application (municipality, review_until)
    WHERE review_until IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(COLUMN)
