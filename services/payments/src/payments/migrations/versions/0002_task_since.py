"""Since when a bill has something to do at the bill system."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE bill ADD COLUMN task_since timestamptz")
