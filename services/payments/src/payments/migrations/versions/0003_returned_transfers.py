"""A transfer that the bank returned is recorded; other money that was transferred back goes back only once."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE payment ADD COLUMN transfer_returned_at timestamptz")
    op.execute(
        "ALTER TABLE payment ADD CONSTRAINT ck_payment_transfer CHECK ("
        "transfer IS NULL OR status = 'refunded'"
        " OR (status = 'refunding' AND transfer_returned_at IS NOT NULL))"
    )
    op.execute("DROP INDEX ix_payment_refund")
    op.execute(
        "CREATE INDEX ix_payment_refund ON payment (refund_since)"
        " WHERE status = 'refunding' OR refund_wanted IS NOT NULL"
        " OR transfer_returned_at IS NOT NULL"
    )
