"""Building permits, grants, and the record of who looked."""

from alembic import op

from chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE building_permit (
    permit_id uuid NOT NULL,
    version integer NOT NULL,
    permit_number text NOT NULL,
    issued_on date NOT NULL,
    expires_on date NOT NULL,
    status text NOT NULL,
    kind text NOT NULL,
    plan_key text,
    town_key text NOT NULL,
    district_key text NOT NULL,
    owner_keys text[] NOT NULL,
    document text NOT NULL,
    changed_at timestamptz NOT NULL,
    projected_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pk_building_permit PRIMARY KEY (permit_id)
);
CREATE INDEX ix_building_permit_issued ON building_permit (issued_on DESC, permit_id DESC);
CREATE INDEX ix_building_permit_plan ON building_permit (plan_key, issued_on DESC, permit_id DESC);
CREATE INDEX ix_building_permit_number ON building_permit (permit_number);
CREATE INDEX ix_building_permit_owner ON building_permit USING gin (owner_keys);
CREATE TABLE partner_grant (
    grant_id uuid NOT NULL,
    version integer NOT NULL,
    organisation text NOT NULL,
    purposes text[] NOT NULL,
    query_kinds text[] NOT NULL,
    widest_span_days integer,
    fields text[] NOT NULL,
    rows_per_day integer NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    status text NOT NULL,
    CONSTRAINT pk_partner_grant PRIMARY KEY (grant_id)
);
CREATE INDEX ix_partner_grant_organisation ON partner_grant (organisation);
CREATE TABLE rows_served (
    organisation text NOT NULL,
    day date NOT NULL,
    rows integer NOT NULL,
    CONSTRAINT pk_rows_served PRIMARY KEY (organisation, day)
);
CREATE TABLE access_log (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    organisation text NOT NULL,
    client_id text NOT NULL,
    subject text NOT NULL,
    sid text,
    jti text NOT NULL,
    operation text NOT NULL,
    query_kinds text[] NOT NULL,
    filters jsonb NOT NULL,
    civil_id_key text,
    purpose text,
    case_reference text,
    decision text NOT NULL,
    reason text,
    result_count integer NOT NULL,
    permit_ids uuid[] NOT NULL,
    CONSTRAINT pk_access_log PRIMARY KEY (id)
);
CREATE INDEX ix_access_log_organisation ON access_log (organisation, at);
CREATE TABLE access_log_unchained (
    log_id bigint NOT NULL,
    CONSTRAINT pk_access_log_unchained PRIMARY KEY (log_id)
);
CREATE TABLE access_chain (
    position bigint NOT NULL,
    log_id bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT pk_access_chain PRIMARY KEY (position),
    CONSTRAINT uq_access_chain_log_id UNIQUE (log_id)
);
"""


def upgrade() -> None:
    create_chassis_tables()
    op.execute(TABLES)
