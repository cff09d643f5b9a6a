"""Papers that were handed in with a request, one row for each code."""

from alembic import op

revision = "0025"
down_revision = "0024"

TABLE = """
CREATE TABLE permit_request_paper (
    request_id uuid NOT NULL CONSTRAINT fk_permit_request_paper_request_id REFERENCES permit_request,
    code text NOT NULL,
    reference text NOT NULL,
    handed_in_on date NOT NULL,
    recorded_by jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT pk_permit_request_paper PRIMARY KEY (request_id, code)
);
"""


def upgrade() -> None:
    op.execute(TABLE)
