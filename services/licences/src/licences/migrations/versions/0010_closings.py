"""For which violations a place is closed, from whom that came, and what its licence was before."""

from alembic import op

revision = "0010"
down_revision = "0009"

COLUMNS = """
ALTER TABLE licence ADD COLUMN closings jsonb, ADD COLUMN before_closing bytea;
ALTER TABLE violation ADD COLUMN closed_licence_id uuid;
"""


def upgrade() -> None:
    op.execute(COLUMNS)
