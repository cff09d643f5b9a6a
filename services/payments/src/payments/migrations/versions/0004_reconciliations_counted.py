"""Reconciliations are journaled, each by its number."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE reconciliation ADD COLUMN version integer NOT NULL DEFAULT 0")
