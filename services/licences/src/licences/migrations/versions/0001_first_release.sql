-- The tables of licences: applications, licences, activities, violations, signed documents.

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
    changed_at timestamptz NOT NULL,
    successor text
);
CREATE INDEX ix_known_permit_number_key ON known_permit (number_key);
CREATE INDEX ix_known_permit_successor ON known_permit (successor) WHERE successor IS NOT NULL;

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
    area_m2 numeric(9,2) NOT NULL,
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
    version integer NOT NULL,
    review_until date
);
CREATE INDEX ix_application_building_permit_key
    ON application (building_permit_key) WHERE building_permit_key IS NOT NULL;
CREATE INDEX ix_application_establishment
    ON application (establishment) WHERE establishment IS NOT NULL;
CREATE INDEX ix_application_full ON application (closed_at) WHERE emptied_at IS NULL;
CREATE INDEX ix_application_licence_no ON application (licence_no) WHERE licence_no IS NOT NULL;
CREATE INDEX ix_application_municipality_submitted_at_application_id
    ON application (municipality, submitted_at, application_id);
CREATE INDEX ix_application_owner_key ON application (owner_key) WHERE owner_key IS NOT NULL;
CREATE INDEX ix_application_review_until_municipality
    ON application (review_until, municipality) WHERE review_until IS NOT NULL;
CREATE INDEX ix_application_status_submitted_at_application_id
    ON application (status, submitted_at, application_id);
CREATE INDEX ix_application_submitted_at_application_id
    ON application (submitted_at, application_id);

CREATE TABLE fact (
    fact_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_fact PRIMARY KEY,
    application_id uuid NOT NULL
        CONSTRAINT fk_fact_application_id REFERENCES application,
    name text NOT NULL,
    value bytea,
    source jsonb NOT NULL,
    known_at timestamptz NOT NULL,
    valid_until date
);
CREATE INDEX ix_fact_application_id_name_fact_id ON fact (application_id, name, fact_id);

CREATE TABLE ask (
    application_id uuid
        CONSTRAINT pk_ask PRIMARY KEY
        CONSTRAINT fk_ask_application_id REFERENCES application,
    due_at timestamptz NOT NULL,
    lease_until timestamptz,
    attempts integer NOT NULL,
    failures jsonb NOT NULL
);
CREATE INDEX ix_ask_due_at ON ask (due_at);

CREATE TABLE inspection (
    inspection_id uuid CONSTRAINT pk_inspection PRIMARY KEY,
    application_id uuid NOT NULL
        CONSTRAINT fk_inspection_application_id REFERENCES application,
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
    application_id uuid NOT NULL
        CONSTRAINT fk_invoice_application_id REFERENCES application,
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
CREATE INDEX ix_invoice_returned
    ON invoice (invoice_id) WHERE status IN ('refunding', 'refunded');

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
    version integer NOT NULL,
    closings jsonb,
    before_closing bytea
);
CREATE INDEX ix_licence_activities ON licence USING gin (activities jsonb_path_ops);
CREATE INDEX ix_licence_establishment ON licence (establishment) WHERE establishment IS NOT NULL;
CREATE INDEX ix_licence_expires_on_licence_id ON licence (expires_on, licence_id);
CREATE INDEX ix_licence_full ON licence (expires_on) WHERE emptied_at IS NULL;
CREATE INDEX ix_licence_issued_on_licence_id ON licence (issued_on, licence_id);
CREATE INDEX ix_licence_municipality_issued_on_licence_id
    ON licence (municipality, issued_on, licence_id);
CREATE INDEX ix_licence_owner_key ON licence (owner_key) WHERE owner_key IS NOT NULL;
CREATE INDEX ix_licence_replaced_by ON licence (replaced_by) WHERE replaced_by IS NOT NULL;
CREATE INDEX ix_licence_town_issued_on_licence_id
    ON licence (town, issued_on, licence_id) WHERE town IS NOT NULL;
CREATE INDEX ix_licence_trade_key ON licence (trade_key) WHERE trade_key IS NOT NULL;
CREATE INDEX ix_licence_trade_words
    ON licence USING gin (to_tsvector('simple'::regconfig, trade_key));

CREATE TABLE violation (
    violation_id uuid CONSTRAINT pk_violation PRIMARY KEY,
    violation_no text NOT NULL CONSTRAINT uq_violation_violation_no UNIQUE,
    item text NOT NULL,
    group_code text NOT NULL,
    grave boolean NOT NULL,
    municipality text NOT NULL,
    town text,
    district text,
    latitude double precision,
    longitude double precision,
    status text NOT NULL,
    offender_kind text NOT NULL,
    offender bytea,
    offender_key text,
    establishment text,
    size text,
    licence_id uuid,
    licence_no text,
    note bytea,
    repetition integer,
    municipality_class integer,
    base_halalas bigint,
    size_percent integer,
    factor integer,
    cap_halalas bigint,
    reduced_to_percent integer,
    amount_halalas bigint,
    observed_at timestamptz NOT NULL,
    correct_until date,
    seen_again_from date,
    confirmed_at timestamptz,
    notified_at timestamptz,
    until date,
    final boolean NOT NULL,
    judged boolean NOT NULL,
    court_case text,
    invoice_id uuid,
    bill jsonb,
    paid_at timestamptz,
    place_closed_at timestamptz,
    seal_number text,
    recorded_by text NOT NULL,
    confirmed_by text,
    updated_at timestamptz NOT NULL,
    ended_at timestamptz,
    emptied_at timestamptz,
    version integer NOT NULL,
    closed_licence_id uuid
);
CREATE INDEX ix_violation_final_licence
    ON violation (licence_no) WHERE final AND (paid_at IS NULL) AND (ended_at IS NULL);
CREATE INDEX ix_violation_final_offender
    ON violation (offender_key) WHERE final AND (paid_at IS NULL) AND (ended_at IS NULL);
CREATE INDEX ix_violation_full
    ON violation (ended_at) WHERE ((ended_at IS NOT NULL) AND (emptied_at IS NULL));
CREATE INDEX ix_violation_licence_no ON violation (licence_no) WHERE licence_no IS NOT NULL;
CREATE INDEX ix_violation_municipality_observed_at_violation_id
    ON violation (municipality, observed_at, violation_id);
CREATE INDEX ix_violation_observed_at_violation_id ON violation (observed_at, violation_id);
CREATE INDEX ix_violation_offender_key_item_observed_at
    ON violation (offender_key, item, observed_at);

CREATE TABLE objection (
    violation_id uuid
        CONSTRAINT pk_objection PRIMARY KEY
        CONSTRAINT fk_objection_violation_id REFERENCES violation,
    channel text NOT NULL,
    reasons bytea,
    filed_at timestamptz NOT NULL,
    filed_by text NOT NULL,
    decide_until date NOT NULL,
    overdue boolean NOT NULL,
    outcome text,
    decision_reasons bytea,
    decided_at timestamptz,
    decided_by text
);

CREATE TABLE fine_invoice (
    invoice_id uuid CONSTRAINT pk_fine_invoice PRIMARY KEY,
    violation_id uuid NOT NULL
        CONSTRAINT fk_fine_invoice_violation_id REFERENCES violation,
    violation_no text NOT NULL,
    municipality text NOT NULL,
    status text NOT NULL,
    amount_halalas bigint NOT NULL,
    lines jsonb NOT NULL,
    due_on date NOT NULL,
    payer bytea,
    bill jsonb,
    requested_at timestamptz NOT NULL,
    paid_at timestamptz,
    reason text,
    version integer NOT NULL
);
CREATE INDEX ix_fine_invoice_violation_id ON fine_invoice (violation_id);

CREATE TABLE document_key (
    key_id text CONSTRAINT pk_document_key PRIMARY KEY,
    public bytea NOT NULL CONSTRAINT uq_document_key_public UNIQUE,
    first_used_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by text,
    reason text
);

CREATE TABLE signed_document (
    document_id uuid CONSTRAINT pk_signed_document PRIMARY KEY,
    licence_id uuid NOT NULL,
    kind text NOT NULL,
    number text NOT NULL,
    state text NOT NULL,
    issued_on date NOT NULL,
    expires_on date NOT NULL,
    key_id text NOT NULL,
    fingerprint text NOT NULL,
    content bytea,
    code bytea,
    initials bytea,
    made_at timestamptz NOT NULL,
    replaced_at timestamptz,
    place text
);
CREATE INDEX ix_signed_document_expires_on ON signed_document (expires_on);
CREATE INDEX ix_signed_document_licence_id_made_at ON signed_document (licence_id, made_at);

CREATE TABLE draft (
    draft_id uuid CONSTRAINT pk_draft PRIMARY KEY,
    subject text NOT NULL,
    establishment text,
    form bytea NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX ix_draft_changed_at ON draft (changed_at);
CREATE INDEX ix_draft_establishment ON draft (establishment);
CREATE INDEX ix_draft_subject_changed_at ON draft (subject, changed_at);

CREATE TABLE known_health_certificate (
    certificate_id uuid CONSTRAINT pk_known_health_certificate PRIMARY KEY,
    version integer NOT NULL,
    certificate_no text NOT NULL,
    status text NOT NULL,
    replaced_by text,
    establishment text,
    licence_no text,
    application_no text,
    worker text,
    valid_until date NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX ix_known_health_certificate_application_no
    ON known_health_certificate (application_no) WHERE application_no IS NOT NULL;
CREATE INDEX ix_known_health_certificate_certificate_no
    ON known_health_certificate (certificate_no);
CREATE INDEX ix_known_health_certificate_licence_no
    ON known_health_certificate (licence_no) WHERE licence_no IS NOT NULL;

CREATE TABLE remark (
    aggregate_type text NOT NULL,
    aggregate_id text NOT NULL,
    version integer NOT NULL,
    action text NOT NULL,
    text bytea NOT NULL,
    CONSTRAINT pk_remark PRIMARY KEY (aggregate_type, aggregate_id, version)
);
