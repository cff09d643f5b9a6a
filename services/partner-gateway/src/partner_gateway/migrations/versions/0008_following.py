"""Partners follow permits: what a change is about, and a mark by which a correction of owners is noticed."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("ALTER TABLE feed_event ADD COLUMN about text")
    op.execute("ALTER TABLE building_permit ADD COLUMN owners_mark text")
