"""As which declaration a centre found a worker."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("ALTER TABLE examinee ADD COLUMN found_revision integer")
