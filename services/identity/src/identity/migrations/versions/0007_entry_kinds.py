"""What an organisation may enter by its grant; nothing by the grants of before."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("ALTER TABLE access_grant ADD COLUMN entry_kinds text[] NOT NULL DEFAULT '{}'")
