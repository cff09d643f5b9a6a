"""What partners enter about insulation, what counts of it, and refused completions.

All columns are nullable, because the version before writes none of them: what counts of a certificate without `stages`
is read from its visits, as before.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

COLUMNS = """
ALTER TABLE inspection
    ADD COLUMN defects jsonb, ADD COLUMN entry_id uuid, ADD COLUMN entered_at timestamptz,
    ADD CONSTRAINT uq_inspection_entry_id UNIQUE (entry_id);
ALTER TABLE certificate
    ADD COLUMN flagged_on date, ADD COLUMN ended_on date, ADD COLUMN partner_certificate_number text,
    ADD COLUMN numbered_at timestamptz, ADD COLUMN counts_from timestamptz, ADD COLUMN counts_visits_from date,
    ADD COLUMN stages jsonb, ADD COLUMN defects jsonb, ADD COLUMN refusals jsonb;
CREATE INDEX ix_certificate_partner_certificate_number ON certificate (partner_certificate_number);
ALTER TABLE permit ADD COLUMN works_since date;
ALTER TABLE permit_request ADD COLUMN construction_state text;
"""
SINCE = """
WITH RECURSIVE line AS (
    SELECT permit_id, issued_on AS since FROM permit
    WHERE previous_permit_id IS NULL OR kind NOT IN ('renewal', 'ownership_transfer')
    UNION ALL
    SELECT permit.permit_id, line.since FROM line
    JOIN permit ON permit.previous_permit_id = line.permit_id AND permit.kind IN ('renewal', 'ownership_transfer')
)
UPDATE permit SET works_since = line.since FROM line WHERE line.permit_id = permit.permit_id
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(SINCE)
