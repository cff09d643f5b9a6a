-- The tables of transactions: the register, its movements and papers, letters and their signed documents.

CREATE TABLE transaction (
    transaction_id uuid CONSTRAINT pk_transaction PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_transaction_number UNIQUE,
    municipality text NOT NULL,
    kind text NOT NULL,
    channel text NOT NULL,
    status text NOT NULL,
    confidential boolean NOT NULL,
    department text NOT NULL,
    departments text[] NOT NULL,
    referred_by text,
    referred_at timestamptz NOT NULL,
    step_due_on date NOT NULL,
    subject bytea,
    applicant bytea,
    applicant_key text,
    incoming bytea,
    concerns jsonb NOT NULL,
    missing text[] NOT NULL,
    entered_at timestamptz NOT NULL,
    entered_on date NOT NULL,
    working_days integer NOT NULL,
    answer_days integer NOT NULL,
    waited_days integer NOT NULL,
    due_on date NOT NULL,
    returned_on date,
    answer_until date,
    decided_at timestamptz,
    outcome text,
    in_time boolean,
    ended_at timestamptz,
    reason_code text,
    emptied_at timestamptz,
    version integer NOT NULL
);
CREATE INDEX ix_transaction_applicant_key_entered_at
    ON transaction (applicant_key, entered_at) WHERE applicant_key IS NOT NULL;
CREATE INDEX ix_transaction_departments ON transaction USING gin (departments);
CREATE INDEX ix_transaction_entered_at_transaction_id ON transaction (entered_at, transaction_id);
CREATE INDEX ix_transaction_full
    ON transaction (ended_at) WHERE ended_at IS NOT NULL AND emptied_at IS NULL;
CREATE INDEX ix_transaction_municipality_entered_at_transaction_id
    ON transaction (municipality, entered_at, transaction_id);
CREATE INDEX ix_transaction_open ON transaction (department, due_on) WHERE ended_at IS NULL;

CREATE TABLE movement (
    movement_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_movement PRIMARY KEY,
    transaction_id uuid NOT NULL
        CONSTRAINT fk_movement_transaction_id REFERENCES transaction,
    action text NOT NULL,
    status text NOT NULL,
    from_department text,
    to_department text,
    due_on date,
    text bytea,
    shown boolean NOT NULL,
    at timestamptz NOT NULL,
    subject text NOT NULL,
    name text
);
CREATE INDEX ix_movement_transaction_id_movement_id ON movement (transaction_id, movement_id);

CREATE TABLE paper (
    attachment_id uuid CONSTRAINT pk_paper PRIMARY KEY,
    transaction_id uuid NOT NULL CONSTRAINT fk_paper_transaction_id REFERENCES transaction,
    position integer NOT NULL,
    paper text,
    added_at timestamptz NOT NULL
);
CREATE INDEX ix_paper_transaction_id_position ON paper (transaction_id, position);

CREATE TABLE letter (
    letter_id uuid CONSTRAINT pk_letter PRIMARY KEY,
    letter_no text NOT NULL CONSTRAINT uq_letter_letter_no UNIQUE,
    transaction_id uuid NOT NULL CONSTRAINT fk_letter_transaction_id REFERENCES transaction,
    municipality text NOT NULL,
    department text NOT NULL,
    status text NOT NULL,
    to_applicant boolean NOT NULL,
    recipient bytea,
    subject bytea,
    body bytea,
    signed_by text NOT NULL,
    issued_at timestamptz NOT NULL,
    issued_on date NOT NULL,
    cancelled_at timestamptz
);
CREATE INDEX ix_letter_transaction_id_issued_at ON letter (transaction_id, issued_at);

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
    letter_id uuid NOT NULL CONSTRAINT fk_signed_document_letter_id REFERENCES letter,
    kind text NOT NULL,
    number text NOT NULL,
    place text,
    state text NOT NULL,
    issued_on date NOT NULL,
    expires_on date,
    key_id text NOT NULL,
    fingerprint text NOT NULL,
    content bytea,
    code bytea,
    initials bytea,
    made_at timestamptz NOT NULL,
    replaced_at timestamptz
);
CREATE INDEX ix_signed_document_letter_id_made_at ON signed_document (letter_id, made_at);
