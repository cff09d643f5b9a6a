"""Signed documents of certificates, and the public keys that signed them."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE document_key (
    key_id text CONSTRAINT pk_document_key PRIMARY KEY,
    public bytea NOT NULL CONSTRAINT uq_document_key_public UNIQUE,
    first_used_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by text,
    reason text
);

CREATE TABLE signed_document (
    document_id uuid CONSTRAINT pk_signed_document PRIMARY KEY,
    certificate_id uuid NOT NULL CONSTRAINT fk_signed_document_certificate_id REFERENCES certificate,
    kind text NOT NULL,
    number text NOT NULL,
    place text,
    state text NOT NULL,
    issued_on date NOT NULL,
    expires_on date NOT NULL,
    key_id text NOT NULL,
    fingerprint text NOT NULL,
    content bytea,
    code bytea,
    initials bytea,
    made_at timestamptz NOT NULL,
    replaced_at timestamptz
);
CREATE INDEX ix_signed_document_certificate_id_made_at ON signed_document (certificate_id, made_at);
CREATE INDEX ix_signed_document_expires_on ON signed_document (expires_on);
"""


def upgrade() -> None:
    op.execute(TABLES)
