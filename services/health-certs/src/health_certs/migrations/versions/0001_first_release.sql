-- The tables of health-certs: requests, results, certificates, lists, signed documents.

CREATE TABLE request (
    request_id uuid CONSTRAINT pk_request PRIMARY KEY,
    request_no text NOT NULL CONSTRAINT uq_request_request_no UNIQUE,
    kind text NOT NULL,
    renews text,
    municipality text NOT NULL,
    status text NOT NULL,
    profession text NOT NULL,
    establishment text,
    trade_name text,
    licence_no text,
    application_no text,
    workplace text NOT NULL,
    applied_by text NOT NULL,
    applicant bytea,
    worker bytea,
    worker_key text,
    revision integer NOT NULL,
    centre text NOT NULL,
    payment jsonb,
    invoice_id uuid,
    certificate_id uuid,
    certificate_no text,
    submitted_at timestamptz NOT NULL,
    examined_until timestamptz NOT NULL,
    completed_until timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason bytea,
    emptied_at timestamptz,
    version integer NOT NULL
);
CREATE INDEX ix_request_application_no
    ON request (application_no) WHERE application_no IS NOT NULL;
CREATE INDEX ix_request_establishment_submitted_at
    ON request (establishment, submitted_at) WHERE establishment IS NOT NULL;
CREATE INDEX ix_request_full ON request (ended_at) WHERE emptied_at IS NULL;
CREATE INDEX ix_request_municipality_submitted_at_request_id
    ON request (municipality, submitted_at, request_id);
CREATE INDEX ix_request_submitted_at_request_id ON request (submitted_at, request_id);
CREATE INDEX ix_request_worker_key_submitted_at
    ON request (worker_key, submitted_at) WHERE worker_key IS NOT NULL;
CREATE UNIQUE INDEX uq_request_open
    ON request (worker_key, profession, workplace) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX uq_request_renews
    ON request (renews) WHERE ((ended_at IS NULL) AND (renews IS NOT NULL));

CREATE TABLE invoice (
    invoice_id uuid CONSTRAINT pk_invoice PRIMARY KEY,
    request_id uuid NOT NULL CONSTRAINT fk_invoice_request_id REFERENCES request,
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
CREATE INDEX ix_invoice_request_id ON invoice (request_id);

CREATE TABLE examination (
    examination_id uuid CONSTRAINT pk_examination PRIMARY KEY,
    request_id uuid CONSTRAINT fk_examination_request_id REFERENCES request,
    centre text NOT NULL,
    entry bytea,
    revision integer NOT NULL,
    corrects uuid,
    status text NOT NULL,
    reason_code text,
    entered_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    emptied_at timestamptz,
    version integer NOT NULL
);
CREATE INDEX ix_examination_request_id_entered_at ON examination (request_id, entered_at);

CREATE TABLE education (
    education_id uuid CONSTRAINT pk_education PRIMARY KEY,
    worker_number bytea,
    worker_key text,
    course text NOT NULL,
    language text NOT NULL,
    passed_on date NOT NULL,
    valid_until date NOT NULL,
    entered_by text NOT NULL,
    entered_at timestamptz NOT NULL
);
CREATE INDEX ix_education_worker_key ON education (worker_key);

CREATE TABLE certificate (
    certificate_id uuid CONSTRAINT pk_certificate PRIMARY KEY,
    certificate_no text NOT NULL CONSTRAINT uq_certificate_certificate_no UNIQUE,
    request_id uuid NOT NULL
        CONSTRAINT uq_certificate_request_id UNIQUE
        CONSTRAINT fk_certificate_request_id REFERENCES request,
    municipality text NOT NULL,
    status text NOT NULL,
    profession text NOT NULL,
    season text,
    establishment text,
    trade_name text,
    licence_no text,
    application_no text,
    applicant bytea,
    worker bytea,
    worker_key text,
    issued_on date NOT NULL,
    valid_until date NOT NULL,
    replaced_by text,
    reason bytea,
    changed_at timestamptz NOT NULL,
    emptied_at timestamptz,
    version integer NOT NULL,
    results_emptied_at timestamptz
);
CREATE INDEX ix_certificate_establishment_valid_until
    ON certificate (establishment, valid_until) WHERE establishment IS NOT NULL;
CREATE INDEX ix_certificate_full ON certificate (valid_until) WHERE emptied_at IS NULL;
CREATE INDEX ix_certificate_municipality_issued_on_certificate_id
    ON certificate (municipality, issued_on, certificate_id);
CREATE INDEX ix_certificate_results ON certificate (valid_until) WHERE results_emptied_at IS NULL;
CREATE INDEX ix_certificate_worker_key_issued_on
    ON certificate (worker_key, issued_on) WHERE worker_key IS NOT NULL;

CREATE TABLE known_licence (
    licence_id uuid CONSTRAINT pk_known_licence PRIMARY KEY,
    version integer NOT NULL,
    licence_no text NOT NULL,
    municipality text NOT NULL,
    status text NOT NULL,
    establishment text,
    trade_name text,
    expires_on date NOT NULL,
    changed_at timestamptz NOT NULL,
    replaced_by text
);
CREATE INDEX ix_known_licence_establishment
    ON known_licence (establishment) WHERE establishment IS NOT NULL;
CREATE INDEX ix_known_licence_licence_no ON known_licence (licence_no);

CREATE TABLE known_application (
    application_id uuid CONSTRAINT pk_known_application PRIMARY KEY,
    version integer NOT NULL,
    application_no text NOT NULL,
    municipality text NOT NULL,
    status text NOT NULL,
    establishment text,
    licence_no text,
    changed_at timestamptz NOT NULL
);
CREATE INDEX ix_known_application_application_no ON known_application (application_no);

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
    certificate_id uuid NOT NULL
        CONSTRAINT fk_signed_document_certificate_id REFERENCES certificate,
    kind text NOT NULL,
    number text NOT NULL,
    place text,
    state text NOT NULL,
    issued_on date NOT NULL,
    expires_on date NOT NULL,
    key_id text NOT NULL,
    fingerprint text NOT NULL,
    content bytea,
    code bytea,
    initials bytea,
    made_at timestamptz NOT NULL,
    replaced_at timestamptz
);
CREATE INDEX ix_signed_document_certificate_id_made_at ON signed_document (certificate_id, made_at);
CREATE INDEX ix_signed_document_expires_on ON signed_document (expires_on);

CREATE TABLE request_list (
    list_id uuid CONSTRAINT pk_request_list PRIMARY KEY,
    establishment text NOT NULL,
    licence_no text,
    application_no text,
    centre text,
    sender text NOT NULL,
    sent_by bytea,
    sent_at timestamptz NOT NULL,
    done_at timestamptz,
    version integer NOT NULL
);
CREATE INDEX ix_request_list_done_at ON request_list (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE request_list_row (
    list_id uuid NOT NULL CONSTRAINT fk_request_list_row_list_id REFERENCES request_list,
    row integer NOT NULL,
    cells bytea,
    outcome text,
    request_no text,
    certificate_no text,
    faults jsonb NOT NULL,
    CONSTRAINT pk_request_list_row PRIMARY KEY (list_id, "row")
);
CREATE INDEX ix_request_list_row_waiting
    ON request_list_row (list_id, "row") WHERE outcome IS NULL;
