"""Invoices whose money went back are few, and what was issued for them is looked for."""

from alembic import op

revision = "0008"
down_revision = "0007"

INDEX = """
CREATE INDEX ix_invoice_returned ON invoice (invoice_id) WHERE status IN ('refunding', 'refunded');
"""


def upgrade() -> None:
    op.execute(INDEX)
