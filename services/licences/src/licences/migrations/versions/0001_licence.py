"""Rule versions, activities, applications with their facts, licences, invoices."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE rule_version (
    version text CONSTRAINT pk_rule_version PRIMARY KEY,
    effective_from date NOT NULL,
    document jsonb NOT NULL,
    loaded_at timestamptz NOT NULL,
    loaded_by text NOT NULL
);

CREATE TABLE activity (
    code text CONSTRAINT pk_activity PRIMARY KEY,
    state jsonb NOT NULL,
    in_force_from date NOT NULL,
    in_force_until date,
    version integer NOT NULL
);

CREATE TABLE known_permit (
    permit_id uuid CONSTRAINT pk_known_permit PRIMARY KEY,
    version integer NOT NULL,
    permit_number text NOT NULL,
    number_key text NOT NULL,
    municipality text NOT NULL,
    status text NOT NULL,
    use_class text NOT NULL,
    completed boolean NOT NULL,
    expires_on date NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX ix_known_permit_number_key ON known_permit (number_key);

CREATE TABLE application (
    application_id uuid CONSTRAINT pk_application PRIMARY KEY,
    application_no text NOT NULL CONSTRAINT uq_application_application_no UNIQUE,
    request text NOT NULL,
    kind text NOT NULL,
    municipality text NOT NULL,
    channel text NOT NULL,
    status text NOT NULL,
    licence_id uuid,
    licence_no text,
    replaces_licence_no text,
    establishment text,
    owner_number bytea,
    owner_key text,
    body bytea,
    town text,
    activities jsonb NOT NULL,
    workers integer NOT NULL,
    years integer NOT NULL,
    area_m2 numeric(9, 2) NOT NULL,
    building_permit_key text,
    waits_for jsonb NOT NULL,
    rules text,
    outcome text,
    decision bytea,
    decided_at timestamptz,
    fee_halalas bigint,
    fee_lines jsonb NOT NULL,
    invoice_id uuid,
    reason_code text,
    reasons bytea,
    submitted_at timestamptz NOT NULL,
    submitted_by jsonb NOT NULL,
    closed_at timestamptz,
    emptied_at timestamptz,
    version integer NOT NULL
);
CREATE INDEX ix_application_submitted_at_application_id ON application (submitted_at, application_id);
CREATE INDEX ix_application_municipality_submitted_at_application_id
    ON application (municipality, submitted_at, application_id);
CREATE INDEX ix_application_status_submitted_at_application_id ON application (status, submitted_at, application_id);
CREATE INDEX ix_application_full ON application (closed_at) WHERE emptied_at IS NULL;
CREATE INDEX ix_application_owner_key ON application (owner_key) WHERE owner_key IS NOT NULL;
CREATE INDEX ix_application_establishment ON application (establishment) WHERE establishment IS NOT NULL;
CREATE INDEX ix_application_licence_no ON application (licence_no) WHERE licence_no IS NOT NULL;
CREATE INDEX ix_application_building_permit_key ON application (building_permit_key)
    WHERE building_permit_key IS NOT NULL;

CREATE TABLE fact (
    fact_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_fact PRIMARY KEY,
    application_id uuid NOT NULL CONSTRAINT fk_fact_application_id REFERENCES application,
    name text NOT NULL,
    value bytea,
    source jsonb NOT NULL,
    known_at timestamptz NOT NULL,
    valid_until date
);
CREATE INDEX ix_fact_application_id_name_fact_id ON fact (application_id, name, fact_id);

CREATE TABLE ask (
    application_id uuid CONSTRAINT pk_ask PRIMARY KEY CONSTRAINT fk_ask_application_id REFERENCES application,
    due_at timestamptz NOT NULL,
    lease_until timestamptz,
    attempts integer NOT NULL,
    failures jsonb NOT NULL
);
CREATE INDEX ix_ask_due_at ON ask (due_at);

CREATE TABLE inspection (
    inspection_id uuid CONSTRAINT pk_inspection PRIMARY KEY,
    application_id uuid NOT NULL CONSTRAINT fk_inspection_application_id REFERENCES application,
    licence_id uuid,
    municipality text NOT NULL,
    stage text NOT NULL,
    ordered_at timestamptz NOT NULL,
    due_on date NOT NULL,
    inspected_on date,
    inspector text,
    result text,
    note text
);
CREATE INDEX ix_inspection_application_id ON inspection (application_id);
CREATE INDEX ix_inspection_due ON inspection (municipality, due_on) WHERE result IS NULL;

CREATE TABLE invoice (
    invoice_id uuid CONSTRAINT pk_invoice PRIMARY KEY,
    application_id uuid NOT NULL CONSTRAINT fk_invoice_application_id REFERENCES application,
    municipality text NOT NULL,
    status text NOT NULL,
    amount_halalas bigint NOT NULL,
    lines jsonb NOT NULL,
    due_on date NOT NULL,
    requested_at timestamptz NOT NULL,
    biller_code text,
    bill_number text,
    paid_at timestamptz,
    reason text,
    version integer NOT NULL
);
CREATE INDEX ix_invoice_application_id ON invoice (application_id);

CREATE TABLE licence (
    licence_id uuid CONSTRAINT pk_licence PRIMARY KEY,
    licence_no text NOT NULL CONSTRAINT uq_licence_licence_no UNIQUE,
    application_id uuid NOT NULL,
    kind text NOT NULL,
    municipality text NOT NULL,
    status text NOT NULL,
    establishment text,
    trade_name jsonb,
    trade_key text,
    activities jsonb NOT NULL,
    town text,
    district text,
    owner_number bytea,
    owner_key text,
    body bytea,
    rules text NOT NULL,
    decision bytea,
    issued_on date NOT NULL,
    expires_on date NOT NULL,
    years integer NOT NULL,
    renewal_days integer NOT NULL,
    reason_code text,
    reason bytea,
    replaced_by text,
    changed_at timestamptz NOT NULL,
    emptied_at timestamptz,
    version integer NOT NULL
);
CREATE INDEX ix_licence_issued_on_licence_id ON licence (issued_on, licence_id);
CREATE INDEX ix_licence_municipality_issued_on_licence_id ON licence (municipality, issued_on, licence_id);
CREATE INDEX ix_licence_expires_on_licence_id ON licence (expires_on, licence_id);
CREATE INDEX ix_licence_full ON licence (expires_on) WHERE emptied_at IS NULL;
CREATE INDEX ix_licence_owner_key ON licence (owner_key) WHERE owner_key IS NOT NULL;
CREATE INDEX ix_licence_establishment ON licence (establishment) WHERE establishment IS NOT NULL;
CREATE INDEX ix_licence_trade_key ON licence (trade_key) WHERE trade_key IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(TABLES)
