"""Signed documents of permits; the keys are those of the certificates' documents."""

from alembic import op

revision = "0023"
down_revision = "0022"

TABLE = """
CREATE TABLE permit_document (
    document_id uuid CONSTRAINT pk_permit_document PRIMARY KEY,
    permit_id uuid NOT NULL CONSTRAINT fk_permit_document_permit_id REFERENCES permit,
    kind text NOT NULL,
    number text NOT NULL,
    place text,
    state text NOT NULL,
    issued_on date NOT NULL,
    expires_on date,
    key_id text NOT NULL,
    fingerprint text NOT NULL,
    content bytea,
    code bytea,
    initials bytea,
    made_at timestamptz NOT NULL,
    replaced_at timestamptz
);
CREATE INDEX ix_permit_document_permit_id_made_at ON permit_document (permit_id, made_at);
CREATE INDEX ix_permit_document_expires_on ON permit_document (expires_on);
"""


def upgrade() -> None:
    op.execute(TABLE)
