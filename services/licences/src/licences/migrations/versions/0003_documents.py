"""Signed documents, and the public keys that signed them."""

from alembic import op

revision = "0003"
down_revision = "0002"

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
    licence_id uuid NOT NULL,
    kind text NOT NULL,
    number text NOT NULL,
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
CREATE INDEX ix_signed_document_licence_id_made_at ON signed_document (licence_id, made_at);
CREATE INDEX ix_signed_document_expires_on ON signed_document (expires_on);

CREATE INDEX ix_licence_trade_words ON licence USING gin (to_tsvector('simple'::regconfig, trade_key));
CREATE INDEX ix_licence_town_issued_on_licence_id ON licence (town, issued_on, licence_id) WHERE town IS NOT NULL;
CREATE INDEX ix_licence_activities ON licence USING gin (activities jsonb_path_ops);
"""


def upgrade() -> None:
    op.execute(TABLES)
