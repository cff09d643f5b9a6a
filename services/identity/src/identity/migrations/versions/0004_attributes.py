"""Attributes of people and machine clients, which their tokens carry."""

from alembic import op

revision = "0004"
down_revision = "0003"

_ATTRIBUTES = """
ALTER TABLE person ADD COLUMN attributes jsonb NOT NULL DEFAULT '{}';
ALTER TABLE client ADD COLUMN attributes jsonb NOT NULL DEFAULT '{}';
"""


def upgrade() -> None:
    op.execute(_ATTRIBUTES)
