"""Test deliveries of webhooks."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE webhook ADD COLUMN test_asked_at timestamp with time zone,"
        " ADD COLUMN test_due_at timestamp with time zone, ADD COLUMN test_outcome text"
    )
