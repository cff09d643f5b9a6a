"""What people wrote as they acted, beside the journal, which is never emptied."""

from alembic import op

revision = "0009"
down_revision = "0008"

_REMARKS = """
CREATE TABLE remark (
    aggregate_type text NOT NULL,
    aggregate_id text NOT NULL,
    version integer NOT NULL,
    action text NOT NULL,
    text bytea NOT NULL,
    CONSTRAINT pk_remark PRIMARY KEY (aggregate_type, aggregate_id, version)
);
"""


def upgrade() -> None:
    op.execute(_REMARKS)
