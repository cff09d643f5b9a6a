"""Since when money is to go back."""

from alembic import op

revision = "0005"
down_revision = "0004"

REFUNDS = """
ALTER TABLE payment ADD COLUMN refund_since timestamptz;
CREATE INDEX ix_payment_refund ON payment (refund_since) WHERE status = 'refunding' OR refund_wanted IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(REFUNDS)
