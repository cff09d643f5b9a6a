"""Money of an unknown bill is looked for by the bill's number also after it was decided about."""

from alembic import op

revision = "0006"
down_revision = "0005"

INDEX = """
DROP INDEX ix_payment_unknown;
CREATE INDEX ix_payment_unknown ON payment (bill_number) WHERE bill_id IS NULL;
"""


def upgrade() -> None:
    op.execute(INDEX)
