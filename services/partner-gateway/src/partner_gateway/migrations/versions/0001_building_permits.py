"""Building permits, grants, and the record of who looked."""

from alembic import op

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
    document bytea NOT NULL,
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
CREATE TABLE access_log (
    chain uuid NOT NULL,
    link bigint NOT NULL,
    place smallint NOT NULL,
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
    CONSTRAINT pk_access_log PRIMARY KEY (chain, link, place)
);
CREATE INDEX ix_access_log_organisation ON access_log (organisation, at);
CREATE INDEX ix_access_log_at ON access_log USING brin (at);
CREATE INDEX ix_access_log_civil_id ON access_log (at, subject, civil_id_key) WHERE civil_id_key IS NOT NULL;
CREATE TABLE access_chain (
    chain uuid NOT NULL,
    rooted_link bigint NOT NULL DEFAULT 0,
    CONSTRAINT pk_access_chain PRIMARY KEY (chain)
);
CREATE TABLE access_link (
    chain uuid NOT NULL,
    link bigint NOT NULL,
    rows smallint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT pk_access_link PRIMARY KEY (chain, link)
);
CREATE TABLE access_root (
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    root jsonb NOT NULL,
    CONSTRAINT pk_access_root PRIMARY KEY (number)
);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER access_log_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER access_link_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON access_link
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER access_root_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON access_root
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.execute(TABLES)
