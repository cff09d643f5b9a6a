-- The tables of payments: bills, attempts, payments, decisions, reconciliations.

CREATE TABLE bill (
    bill_id uuid CONSTRAINT pk_bill PRIMARY KEY,
    invoice_id uuid NOT NULL CONSTRAINT uq_bill_invoice_id UNIQUE,
    invoice_version integer NOT NULL,
    service text NOT NULL,
    subject_type text NOT NULL,
    subject_id text NOT NULL,
    subject_number text,
    municipality text NOT NULL,
    amount_halalas bigint NOT NULL,
    lines jsonb NOT NULL,
    due_on date NOT NULL,
    payer bytea,
    contacts bytea,
    status text NOT NULL,
    task text,
    ending text,
    unsure boolean NOT NULL,
    attempts integer NOT NULL,
    due_at timestamptz,
    reason text,
    biller_code text,
    bill_number text CONSTRAINT uq_bill_bill_number UNIQUE,
    created_at timestamptz NOT NULL,
    registered_at timestamptz,
    paid_there_at timestamptz,
    ended_at timestamptz,
    version integer NOT NULL,
    task_since timestamptz,
    CONSTRAINT uq_bill_bill_id_amount_halalas UNIQUE (bill_id, amount_halalas),
    CONSTRAINT ck_bill_amount CHECK (amount_halalas > 0)
);
CREATE INDEX ix_bill_created_at_bill_id ON bill (created_at, bill_id);
CREATE INDEX ix_bill_due ON bill (due_at) WHERE task IS NOT NULL;
CREATE INDEX ix_bill_full ON bill (ended_at) WHERE ((payer IS NOT NULL) OR (contacts IS NOT NULL));
CREATE INDEX ix_bill_municipality_created_at_bill_id ON bill (municipality, created_at, bill_id);
CREATE INDEX ix_bill_status_created_at_bill_id ON bill (status, created_at, bill_id);
CREATE INDEX ix_bill_unnoticed
    ON bill (paid_there_at) WHERE ((status = 'registered') AND (paid_there_at IS NOT NULL));

CREATE TABLE attempt (
    bill_id uuid NOT NULL CONSTRAINT fk_attempt_bill_id_bill REFERENCES bill,
    number integer NOT NULL,
    call text NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text,
    detail text,
    CONSTRAINT pk_attempt PRIMARY KEY (bill_id, number)
);

CREATE TABLE payment (
    payment_id uuid CONSTRAINT pk_payment PRIMARY KEY,
    bill_id uuid CONSTRAINT fk_payment_bill_id_bill REFERENCES bill,
    settled_halalas bigint,
    source text NOT NULL,
    reference text NOT NULL,
    bill_number text,
    municipality text,
    amount_halalas bigint NOT NULL,
    status text NOT NULL,
    reason text,
    method text,
    paid_at timestamptz NOT NULL,
    paid_on date NOT NULL,
    received_at timestamptz NOT NULL,
    settled_at timestamptz,
    refund_wanted text,
    transfer text,
    ended_at timestamptz,
    version integer NOT NULL,
    refund_since timestamptz,
    CONSTRAINT uq_payment_source_reference UNIQUE (source, reference),
    CONSTRAINT fk_payment_settles
        FOREIGN KEY (bill_id, settled_halalas) REFERENCES bill(bill_id, amount_halalas),
    CONSTRAINT ck_payment_amount CHECK (amount_halalas > 0),
    CONSTRAINT ck_payment_settled
        CHECK (((settled_at IS NULL) = (settled_halalas IS NULL))
            AND ((settled_at IS NULL)
            OR (bill_id IS NOT NULL))),
    CONSTRAINT ck_payment_whole CHECK (settled_halalas = amount_halalas)
);
CREATE INDEX ix_payment_bill_id ON payment (bill_id);
CREATE INDEX ix_payment_municipality_received_at_payment_id
    ON payment (municipality, received_at, payment_id);
CREATE INDEX ix_payment_received_at_payment_id ON payment (received_at, payment_id);
CREATE INDEX ix_payment_refund
    ON payment (refund_since) WHERE ((status = 'refunding') OR (refund_wanted IS NOT NULL));
CREATE INDEX ix_payment_source_paid_on ON payment (source, paid_on);
CREATE INDEX ix_payment_status_received_at_payment_id ON payment (status, received_at, payment_id);
CREATE INDEX ix_payment_unknown ON payment (bill_number) WHERE bill_id IS NULL;
CREATE UNIQUE INDEX uq_payment_settles ON payment (bill_id) WHERE settled_at IS NOT NULL;

CREATE TABLE notice (
    notice_id text CONSTRAINT pk_notice PRIMARY KEY,
    key_number integer NOT NULL,
    signed_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    digest bytea NOT NULL,
    payment_id uuid NOT NULL CONSTRAINT fk_notice_payment_id_payment REFERENCES payment,
    reference text NOT NULL,
    bill_number text NOT NULL,
    amount_halalas bigint NOT NULL,
    paid_on date NOT NULL
);
CREATE INDEX ix_notice_paid_on ON notice (paid_on);
CREATE INDEX ix_notice_payment_id ON notice (payment_id);

CREATE TABLE decision (
    decision_id uuid CONSTRAINT pk_decision PRIMARY KEY,
    payment_id uuid NOT NULL
        CONSTRAINT fk_decision_payment_id_payment REFERENCES payment,
    kind text NOT NULL,
    bill_id uuid CONSTRAINT fk_decision_bill_id_bill REFERENCES bill,
    iban bytea,
    holder bytea,
    reason text NOT NULL,
    status text NOT NULL,
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by text,
    decided_at timestamptz,
    note text,
    CONSTRAINT ck_decision_decided CHECK ((decided_by IS NULL) = (status = 'proposed')),
    CONSTRAINT ck_decision_second_person CHECK (decided_by <> proposed_by)
);
CREATE INDEX ix_decision_payment_id ON decision (payment_id);
CREATE INDEX ix_decision_status_proposed_at_decision_id
    ON decision (status, proposed_at, decision_id);
CREATE UNIQUE INDEX uq_decision_open ON decision (payment_id) WHERE status = 'proposed';

CREATE TABLE settlement_line (
    source text NOT NULL,
    day date NOT NULL,
    line_id text NOT NULL,
    reference text NOT NULL,
    bill_number text,
    amount_halalas bigint NOT NULL,
    CONSTRAINT pk_settlement_line PRIMARY KEY (source, day, line_id)
);
CREATE INDEX ix_settlement_line_source_reference ON settlement_line (source, reference);

CREATE TABLE reconciliation (
    source text NOT NULL,
    day date NOT NULL,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    lines integer NOT NULL,
    lines_halalas bigint NOT NULL,
    payments integer NOT NULL,
    payments_halalas bigint NOT NULL,
    matched integer NOT NULL,
    differences integer NOT NULL,
    told integer NOT NULL DEFAULT 0,
    version integer NOT NULL DEFAULT 0,
    CONSTRAINT pk_reconciliation PRIMARY KEY (source, day)
);

CREATE TABLE difference (
    difference_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_difference PRIMARY KEY,
    source text NOT NULL,
    day date NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    bill_number text,
    line_halalas bigint,
    payment_halalas bigint,
    payment_id uuid,
    CONSTRAINT fk_difference_source_reconciliation
        FOREIGN KEY (source, day) REFERENCES reconciliation(source, day) ON DELETE CASCADE
);
CREATE INDEX ix_difference_source_day ON difference (source, day);
