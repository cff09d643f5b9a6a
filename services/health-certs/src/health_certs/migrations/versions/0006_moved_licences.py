"""The licence that took a known licence's place, when its shop moved."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("ALTER TABLE known_licence ADD COLUMN replaced_by text")
