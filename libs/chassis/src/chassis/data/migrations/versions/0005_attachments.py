"""Attachments: what people sent, kept outside the database (chassis.files)."""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLE = """
CREATE TABLE attachment (
    attachment_id uuid CONSTRAINT pk_attachment PRIMARY KEY,
    key text NOT NULL CONSTRAINT uq_attachment_key UNIQUE,
    media_type text NOT NULL,
    size integer NOT NULL,
    sha256 bytea NOT NULL,
    name text NOT NULL,
    width integer,
    height integer,
    latitude double precision,
    longitude double precision,
    uploader text NOT NULL,
    scan text NOT NULL CONSTRAINT ck_attachment_scan CHECK (scan IN ('unscanned', 'scanning', 'clean', 'infected')),
    uploaded_at timestamptz NOT NULL,
    owner_type text,
    owner_id text,
    CONSTRAINT ck_attachment_owner CHECK ((owner_type IS NULL) = (owner_id IS NULL))
);
CREATE INDEX ix_attachment_owner_type_owner_id ON attachment (owner_type, owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX ix_attachment_unclaimed ON attachment (uploaded_at) WHERE owner_id IS NULL;
CREATE INDEX ix_attachment_waiting ON attachment (uploaded_at) WHERE scan IN ('unscanned', 'scanning');
"""


def upgrade() -> None:
    op.execute(TABLE)
