"""What a paper permit shows of its site, what others gave for the works, and its remarks; unknown of rows of before."""

from alembic import op

revision = "0024"
down_revision = "0023"

COLUMNS = """
ALTER TABLE permit_request ADD COLUMN site jsonb, ADD COLUMN clearances jsonb, ADD COLUMN remarks text;
ALTER TABLE permit ADD COLUMN site jsonb, ADD COLUMN clearances jsonb, ADD COLUMN remarks text;
"""


def upgrade() -> None:
    op.execute(COLUMNS)
