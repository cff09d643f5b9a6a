"""Batches of older permits, imported from CSV."""

from alembic import op

revision = "0021"
down_revision = "0020"

TABLES = """
CREATE TABLE permit_import (
    import_id uuid CONSTRAINT pk_permit_import PRIMARY KEY,
    version integer NOT NULL,
    municipality text NOT NULL,
    origin text NOT NULL,
    status text NOT NULL,
    rows integer NOT NULL,
    sendings integer NOT NULL,
    sample_size integer,
    wrong_allowed integer,
    created_at timestamptz NOT NULL,
    created_by text,
    released_by jsonb,
    not_before timestamptz
);
CREATE INDEX ix_permit_import_created_at_import_id ON permit_import (created_at, import_id);
CREATE INDEX ix_permit_import_at_work ON permit_import (created_at) WHERE status IN ('reading', 'releasing');
CREATE TABLE permit_import_file (
    import_id uuid NOT NULL CONSTRAINT fk_permit_import_file_import_id REFERENCES permit_import,
    sending integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    rows integer NOT NULL,
    CONSTRAINT pk_permit_import_file PRIMARY KEY (import_id, sending),
    CONSTRAINT uq_permit_import_file_import_id_digest UNIQUE (import_id, digest)
);
CREATE TABLE permit_import_piece (
    import_id uuid NOT NULL CONSTRAINT fk_permit_import_piece_import_id REFERENCES permit_import,
    place integer NOT NULL,
    sending integer NOT NULL,
    heading text[] NOT NULL,
    content bytea,
    sent_by jsonb NOT NULL,
    CONSTRAINT pk_permit_import_piece PRIMARY KEY (import_id, place)
);
CREATE INDEX ix_permit_import_piece_import_id_place ON permit_import_piece (import_id, place) WHERE content IS NOT NULL;
CREATE TABLE permit_import_row (
    import_id uuid NOT NULL CONSTRAINT fk_permit_import_row_import_id REFERENCES permit_import,
    row_number integer NOT NULL,
    sending integer NOT NULL,
    line integer NOT NULL,
    status text NOT NULL,
    permit_number text,
    number_key text,
    plots text[] NOT NULL,
    data bytea,
    faults jsonb NOT NULL,
    warnings jsonb NOT NULL,
    sent_by jsonb NOT NULL,
    sampled boolean NOT NULL,
    verdict text,
    note text,
    judged_by text,
    judged_at timestamptz,
    permit_id text,
    CONSTRAINT pk_permit_import_row PRIMARY KEY (import_id, row_number)
);
CREATE INDEX ix_permit_import_row_import_id_status_row_number ON permit_import_row (import_id, status, row_number);
CREATE INDEX ix_permit_import_row_import_id_number_key ON permit_import_row (import_id, number_key);
CREATE INDEX ix_permit_import_row_plots ON permit_import_row USING gin (plots);
"""


def upgrade() -> None:
    op.execute(TABLES)
