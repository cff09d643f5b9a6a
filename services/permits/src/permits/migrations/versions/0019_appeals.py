"""Appeals of owners against suspension, cancellation and refusals."""

from alembic import op

revision = "0019"
down_revision = "0018"

TABLE = """
CREATE TABLE appeal (
    appeal_id uuid CONSTRAINT pk_appeal PRIMARY KEY,
    appeal_number text NOT NULL,
    municipality text NOT NULL,
    against text NOT NULL,
    target_id uuid NOT NULL,
    permit_id uuid CONSTRAINT fk_appeal_permit_id REFERENCES permit,
    permit_number text,
    request_id uuid CONSTRAINT fk_appeal_request_id REFERENCES permit_request,
    request_number text,
    certificate_id uuid CONSTRAINT fk_appeal_certificate_id REFERENCES certificate,
    appealed_at timestamptz NOT NULL,
    appealed_by jsonb,
    appellant bytea NOT NULL,
    grounds bytea NOT NULL,
    documents jsonb NOT NULL,
    noticed_on date NOT NULL,
    filed_on date NOT NULL,
    decide_by date NOT NULL,
    status text NOT NULL,
    reason text,
    ended_on date,
    ended_by jsonb,
    version integer NOT NULL,
    CONSTRAINT uq_appeal_municipality_appeal_number UNIQUE (municipality, appeal_number)
);
CREATE UNIQUE INDEX uq_appeal_decision ON appeal (target_id, against, appealed_at)
    WHERE status <> 'withdrawn';
CREATE INDEX ix_appeal_permit_id ON appeal (permit_id);
CREATE INDEX ix_appeal_request_id ON appeal (request_id);
CREATE INDEX ix_appeal_decide_by_appeal_id ON appeal (decide_by, appeal_id);
CREATE INDEX ix_appeal_status_decide_by_appeal_id ON appeal (status, decide_by, appeal_id);
CREATE INDEX ix_appeal_municipality_status_decide_by_appeal_id
    ON appeal (municipality, status, decide_by, appeal_id);
"""


def upgrade() -> None:
    op.execute(TABLE)
