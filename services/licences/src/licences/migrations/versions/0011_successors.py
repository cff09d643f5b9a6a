"""Which building permit took another's place."""

from alembic import op

revision = "0011"
down_revision = "0010"

_SUCCESSORS = """
ALTER TABLE known_permit ADD COLUMN successor text;
CREATE INDEX ix_known_permit_successor ON known_permit (successor) WHERE successor IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(_SUCCESSORS)
