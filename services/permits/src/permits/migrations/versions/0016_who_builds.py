"""The agent, the contractor and the supervising office are kept at issue."""

from alembic import op

revision = "0016"
down_revision = "0015"

COLUMNS = """
ALTER TABLE permit_request ADD COLUMN contractor jsonb, ADD COLUMN supervising_office jsonb;
ALTER TABLE permit ADD COLUMN representative bytea, ADD COLUMN contractor jsonb,
    ADD COLUMN supervising_office jsonb;
"""


def upgrade() -> None:
    op.execute(COLUMNS)
