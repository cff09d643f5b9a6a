"""What partners entered is emptied of names and typed texts in time, and says so."""

from alembic import op

revision = "0014"
down_revision = "0013"

COLUMN = """
ALTER TABLE partner_entry ADD COLUMN emptied_at timestamptz;
CREATE INDEX ix_partner_entry_full ON partner_entry (answered_at) WHERE emptied_at IS NULL;
"""


def upgrade() -> None:
    op.execute(COLUMN)
