"""Requests, permits, certificates, serials and the record of actions."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE permit_request (
    request_id uuid CONSTRAINT pk_permit_request PRIMARY KEY,
    request_number text NOT NULL CONSTRAINT uq_permit_request_request_number UNIQUE,
    transaction_number text,
    kind text NOT NULL,
    municipality text NOT NULL,
    status text NOT NULL,
    use_class text NOT NULL,
    previous_permit_id uuid,
    representative bytea,
    land jsonb NOT NULL,
    building jsonb NOT NULL,
    engineering_office jsonb NOT NULL,
    insulation_pledge boolean NOT NULL,
    warnings jsonb NOT NULL,
    submitted_at timestamptz NOT NULL,
    notes text,
    reason text,
    invoice_number text,
    invoice_amount numeric(11, 2),
    invoice_due_on date,
    receipt_number text,
    paid_amount numeric(11, 2),
    paid_at timestamptz,
    version integer NOT NULL
);
CREATE INDEX ix_permit_request_submitted_at_request_id ON permit_request (submitted_at, request_id);
CREATE INDEX ix_permit_request_municipality_status_submitted_at_request_id
    ON permit_request (municipality, status, submitted_at, request_id);
CREATE INDEX ix_permit_request_status_submitted_at_request_id
    ON permit_request (status, submitted_at, request_id);

CREATE TABLE permit_request_owner (
    request_id uuid NOT NULL
        CONSTRAINT fk_permit_request_owner_request_id REFERENCES permit_request,
    position integer NOT NULL,
    name bytea NOT NULL,
    owner_type text NOT NULL,
    id_type text NOT NULL,
    id_number bytea,
    id_key text,
    share text,
    mobile bytea,
    CONSTRAINT pk_permit_request_owner PRIMARY KEY (request_id, position)
);

CREATE TABLE permit (
    permit_id uuid CONSTRAINT pk_permit PRIMARY KEY,
    permit_number text NOT NULL,
    year_hijri integer NOT NULL,
    municipality text NOT NULL,
    kind text NOT NULL,
    works text NOT NULL,
    use_class text NOT NULL,
    status text NOT NULL,
    issued_on date NOT NULL,
    expires_on date NOT NULL,
    previous_permit_id uuid CONSTRAINT fk_permit_previous_permit_id REFERENCES permit,
    request_id uuid NOT NULL
        CONSTRAINT fk_permit_request_id REFERENCES permit_request
        CONSTRAINT uq_permit_request_id UNIQUE,
    request_number text NOT NULL,
    transaction_number text,
    plan_key text,
    land jsonb NOT NULL,
    building jsonb NOT NULL,
    engineering_office jsonb NOT NULL,
    insulation_pledge boolean NOT NULL,
    suspension jsonb,
    cancellation jsonb,
    completion jsonb,
    version integer NOT NULL,
    CONSTRAINT uq_permit_municipality_permit_number UNIQUE (municipality, permit_number)
);
CREATE INDEX ix_permit_issued_on_permit_id ON permit (issued_on, permit_id);
CREATE INDEX ix_permit_municipality_issued_on_permit_id
    ON permit (municipality, issued_on, permit_id);
CREATE INDEX ix_permit_plan_key_issued_on_permit_id ON permit (plan_key, issued_on, permit_id);
CREATE INDEX ix_permit_permit_number ON permit (permit_number);
CREATE INDEX ix_permit_request_number ON permit (request_number);
CREATE INDEX ix_permit_previous_permit_id ON permit (previous_permit_id);
CREATE INDEX ix_permit_town_district_issued_on_permit_id
    ON permit ((land ->> 'town'), (land ->> 'district'), issued_on, permit_id);
ALTER TABLE permit_request ADD CONSTRAINT fk_permit_request_previous_permit_id
    FOREIGN KEY (previous_permit_id) REFERENCES permit;

CREATE TABLE permit_owner (
    permit_id uuid NOT NULL CONSTRAINT fk_permit_owner_permit_id REFERENCES permit,
    position integer NOT NULL,
    name bytea NOT NULL,
    owner_type text NOT NULL,
    id_type text NOT NULL,
    id_number bytea,
    id_key text,
    share text,
    mobile bytea,
    CONSTRAINT pk_permit_owner PRIMARY KEY (permit_id, position)
);
CREATE INDEX ix_permit_owner_id_key ON permit_owner (id_key);

CREATE TABLE certificate (
    certificate_id uuid CONSTRAINT pk_certificate PRIMARY KEY,
    kind text NOT NULL,
    permit_id uuid NOT NULL CONSTRAINT fk_certificate_permit_id REFERENCES permit,
    permit_number text NOT NULL,
    municipality text NOT NULL,
    status text NOT NULL,
    certificate_number text,
    issued_on date,
    valid_until date,
    insulation_certificate_id uuid
        CONSTRAINT fk_certificate_insulation_certificate_id REFERENCES certificate,
    inspected_on date,
    inspector text,
    reason text,
    flagged boolean NOT NULL,
    flag_reason text,
    opened_at timestamptz NOT NULL,
    version integer NOT NULL,
    CONSTRAINT uq_certificate_kind_municipality_certificate_number
        UNIQUE (kind, municipality, certificate_number)
);
CREATE INDEX ix_certificate_permit_id_opened_at_certificate_id
    ON certificate (permit_id, opened_at, certificate_id);
CREATE INDEX ix_certificate_insulation_certificate_id ON certificate (insulation_certificate_id);

CREATE TABLE inspection (
    inspection_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_inspection PRIMARY KEY,
    certificate_id uuid NOT NULL CONSTRAINT fk_inspection_certificate_id REFERENCES certificate,
    stage text NOT NULL,
    result text NOT NULL,
    inspected_on date NOT NULL,
    inspector text NOT NULL,
    materials text,
    u_value double precision
);
CREATE INDEX ix_inspection_certificate_id ON inspection (certificate_id);

CREATE TABLE serial (
    document text NOT NULL,
    municipality text NOT NULL,
    year_hijri integer NOT NULL,
    last integer NOT NULL,
    CONSTRAINT pk_serial PRIMARY KEY (document, municipality, year_hijri)
);

CREATE TABLE action (
    action_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_action PRIMARY KEY,
    aggregate text NOT NULL,
    aggregate_id uuid NOT NULL,
    version integer NOT NULL,
    action text NOT NULL,
    note text,
    details jsonb,
    at timestamptz NOT NULL,
    subject text NOT NULL,
    client_id text NOT NULL,
    organisation text
);
CREATE INDEX ix_action_aggregate_aggregate_id_action_id
    ON action (aggregate, aggregate_id, action_id);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER action_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON action
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.execute(TABLES)
