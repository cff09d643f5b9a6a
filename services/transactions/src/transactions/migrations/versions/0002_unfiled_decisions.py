"""Retention finds decided transactions that nobody filed."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_transaction_unfiled ON transaction (decided_at)"
        " WHERE decided_at IS NOT NULL AND ended_at IS NULL"
    )
