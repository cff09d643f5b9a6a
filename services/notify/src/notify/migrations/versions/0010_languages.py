"""Texts of a template in further languages, and reminders that list several things."""

from alembic import op

revision = "0010"
down_revision = "0009"

CHANGES = """
ALTER TABLE template_version ADD COLUMN further jsonb NOT NULL DEFAULT '{}';
ALTER TABLE ending ADD COLUMN gathered_by text;
CREATE INDEX ix_ending_about_type_gathered_by_ends_on ON ending (about_type, gathered_by, ends_on)
    WHERE gathered_by IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(CHANGES)
