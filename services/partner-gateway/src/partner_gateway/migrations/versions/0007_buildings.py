"""What is known of a permit's building, the requests that numbers may belong to, and more to search permits by.

The new columns of a permit are null until `rebuild permits` has filled them: the topic has them all.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = """
ALTER TABLE building_permit
    ADD COLUMN building_id uuid, ADD COLUMN municipality text, ADD COLUMN request_key text, ADD COLUMN plot_keys text[];
CREATE INDEX ix_building_permit_request ON building_permit (request_key);
CREATE TABLE building_certificate (
    certificate_id uuid NOT NULL,
    version integer NOT NULL,
    building_id uuid NOT NULL,
    state jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT pk_building_certificate PRIMARY KEY (certificate_id)
);
CREATE INDEX ix_building_certificate_building_id ON building_certificate (building_id);
CREATE TABLE building_release (
    release_id uuid NOT NULL,
    version integer NOT NULL,
    building_id uuid NOT NULL,
    state jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT pk_building_release PRIMARY KEY (release_id)
);
CREATE INDEX ix_building_release_building_id ON building_release (building_id);
CREATE TABLE building_facts (
    building_id uuid NOT NULL,
    document text NOT NULL,
    fresh_until date,
    CONSTRAINT pk_building_facts PRIMARY KEY (building_id)
);
CREATE TABLE permit_request (
    request_id uuid NOT NULL,
    version integer NOT NULL,
    request_key text NOT NULL,
    state jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT pk_permit_request PRIMARY KEY (request_id)
);
CREATE INDEX ix_permit_request_request_key ON permit_request (request_key);
"""


def upgrade() -> None:
    op.execute(TABLES)
