"""Occupancy certificates, and releases of electric current."""

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = """
ALTER TABLE permit ADD COLUMN occupancy jsonb, ADD COLUMN coordination jsonb;
ALTER TABLE certificate ADD COLUMN occupancy jsonb, ADD COLUMN owner_address bytea;
CREATE INDEX ix_certificate_occupancy_pending ON certificate (municipality, opened_at, certificate_id)
    WHERE kind = 'occupancy' AND status = 'pending';

CREATE TABLE partner_entry (
    entry_id uuid NOT NULL CONSTRAINT pk_partner_entry PRIMARY KEY,
    source text NOT NULL,
    kind text NOT NULL,
    partner text NOT NULL,
    permit_id uuid,
    outcome text NOT NULL,
    reason text,
    effects jsonb NOT NULL,
    entered_at timestamptz NOT NULL,
    decided_at timestamptz NOT NULL
);
CREATE INDEX ix_partner_entry_permit_id_entered_at ON partner_entry (permit_id, entered_at);

CREATE TABLE release (
    release_id uuid CONSTRAINT pk_release PRIMARY KEY,
    release_number text NOT NULL,
    permit_id uuid NOT NULL CONSTRAINT fk_release_permit_id REFERENCES permit,
    permit_number text NOT NULL,
    building_id uuid NOT NULL,
    municipality text NOT NULL,
    extent text NOT NULL,
    status text NOT NULL,
    submitted_at timestamptz NOT NULL,
    site_inspection jsonb,
    approvals jsonb NOT NULL,
    supply jsonb NOT NULL,
    disconnection jsonb,
    coordination jsonb,
    reason text,
    flagged boolean NOT NULL,
    flag_reason text,
    version integer NOT NULL,
    CONSTRAINT uq_release_municipality_release_number UNIQUE (municipality, release_number)
);
CREATE UNIQUE INDEX uq_release_permit_id_alive ON release (permit_id) WHERE status NOT IN ('refused', 'cancelled');
CREATE INDEX ix_release_building_id_submitted_at ON release (building_id, submitted_at);
CREATE INDEX ix_release_permit_id ON release (permit_id);
CREATE INDEX ix_release_municipality_status_submitted_at_release_id
    ON release (municipality, status, submitted_at, release_id);
CREATE INDEX ix_release_status_submitted_at_release_id ON release (status, submitted_at, release_id);
CREATE INDEX ix_release_submitted_at_release_id ON release (submitted_at, release_id);
"""


def upgrade() -> None:
    op.execute(TABLES)
