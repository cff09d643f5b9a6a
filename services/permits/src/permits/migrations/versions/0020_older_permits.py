"""Permits from before the system: without a request of ours, with an origin, to be verified. Their numbers are of other
series, so that two origins may have the same one."""

from alembic import op

revision = "0020"
down_revision = "0019"

COLUMNS = """
ALTER TABLE permit
    ALTER COLUMN request_id DROP NOT NULL,
    ALTER COLUMN request_number DROP NOT NULL,
    ADD COLUMN origin text NOT NULL DEFAULT 'system',
    ADD COLUMN verified boolean NOT NULL DEFAULT true,
    ADD COLUMN source jsonb,
    ADD CONSTRAINT ck_permit_request CHECK (origin <> 'system' OR request_id IS NOT NULL),
    DROP CONSTRAINT uq_permit_municipality_permit_number,
    ADD CONSTRAINT uq_permit_municipality_origin_permit_number UNIQUE (municipality, origin, permit_number);
DROP INDEX ix_permit_permit_number;
CREATE INDEX ix_permit_lower_permit_number ON permit (lower(permit_number));
"""


def upgrade() -> None:
    op.execute(COLUMNS)
