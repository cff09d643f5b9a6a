"""Other amounts than the table's, which one person proposes and another agrees to."""

from alembic import op

revision = "0011"
down_revision = "0010"

TABLE = """
CREATE TABLE amount_proposal (
    proposal_id uuid CONSTRAINT pk_amount_proposal PRIMARY KEY,
    request_id uuid NOT NULL CONSTRAINT fk_amount_proposal_request_id REFERENCES permit_request,
    amount_halalas bigint NOT NULL,
    reason text NOT NULL,
    status text NOT NULL,
    proposed_by jsonb NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by jsonb,
    decided_at timestamptz
);
CREATE UNIQUE INDEX uq_amount_proposal_request_id_standing ON amount_proposal (request_id)
    WHERE status IN ('proposed', 'agreed');
"""


def upgrade() -> None:
    op.execute(TABLE)
