"""How many payments of a day its last reconciliation has seen; those from before are made once more."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE reconciliation ADD COLUMN told integer NOT NULL DEFAULT 0")
