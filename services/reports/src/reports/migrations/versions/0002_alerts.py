"""Whether somebody was told of danger, and whether the public reads what a citizen wrote."""

from alembic import op

revision = "0002"
down_revision = "0001"

CHANGES = """
ALTER TABLE report ADD COLUMN duty_officer_told boolean;
ALTER TABLE report ADD COLUMN text_withheld boolean NOT NULL DEFAULT false;
"""


def upgrade() -> None:
    op.execute(CHANGES)
