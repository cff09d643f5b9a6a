"""One-time codes stand in the chassis' own table; a code of the old table lived five minutes."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("DROP TABLE code")
