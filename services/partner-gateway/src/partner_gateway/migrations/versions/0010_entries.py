"""What partners enter about buildings, and which of it a grant allows."""

from alembic import op

revision = "0010"
down_revision = "0009"

ENTRIES = """
ALTER TABLE partner_grant ADD COLUMN entry_kinds text[] NOT NULL DEFAULT '{}';
CREATE TABLE partner_entry (
    entry_id uuid NOT NULL,
    version integer NOT NULL DEFAULT 0,
    area text NOT NULL,
    kind text NOT NULL,
    organisation text NOT NULL,
    permit_id uuid NOT NULL,
    permit_number text NOT NULL,
    municipality text NOT NULL,
    entered_at timestamptz NOT NULL,
    entered_by text NOT NULL,
    content bytea NOT NULL,
    outcome text NOT NULL,
    answer jsonb,
    answered_at timestamptz,
    CONSTRAINT pk_partner_entry PRIMARY KEY (entry_id)
);
CREATE INDEX ix_partner_entry_own ON partner_entry (organisation, area, entered_at, entry_id);
CREATE INDEX ix_partner_entry_permit ON partner_entry (permit_id);
CREATE INDEX ix_partner_entry_waiting ON partner_entry (entered_at) WHERE version = 0;
"""


def upgrade() -> None:
    op.execute(ENTRIES)
