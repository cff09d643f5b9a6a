"""Visits whose inspector's name is still to be emptied are found without reading all of them."""

from alembic import op

revision = "0022"
down_revision = "0021"

INDEX = """
CREATE INDEX ix_inspection_with_name ON inspection (inspected_on)
    WHERE entry_id IS NOT NULL AND inspector <> '';
"""


def upgrade() -> None:
    op.execute(INDEX)
