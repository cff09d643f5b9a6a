-- Booklets of leases and their invoices; receipts that were recorded by mistake; dismissed questions.

ALTER TABLE lease ADD COLUMN booklet_url bytea;

ALTER TABLE bid ADD COLUMN withdrawn_at timestamptz;
ALTER TABLE bid DROP CONSTRAINT uq_bid_offering_id_receipt_number;
CREATE UNIQUE INDEX ix_bid_standing ON bid (offering_id, receipt_number) WHERE withdrawn_at IS NULL;
CREATE INDEX ix_bid_offering_id ON bid (offering_id);

ALTER TABLE question ADD COLUMN dismissed_at timestamptz, ADD COLUMN dismissed_because text;

CREATE TABLE booklet (
    booklet_id uuid NOT NULL,
    lease_id uuid NOT NULL,
    buyer bytea,
    mobile_key text,
    invoice_id uuid,
    requested_at timestamptz NOT NULL,
    bought_at timestamptz,
    paid_at timestamptz,
    ended_at timestamptz,
    version integer NOT NULL,
    CONSTRAINT pk_booklet PRIMARY KEY (booklet_id),
    CONSTRAINT uq_booklet_lease_id_mobile_key UNIQUE (lease_id, mobile_key),
    CONSTRAINT fk_booklet_lease_id FOREIGN KEY (lease_id) REFERENCES lease
);

CREATE TABLE invoice (
    invoice_id uuid NOT NULL,
    booklet_id uuid NOT NULL,
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
    version integer NOT NULL,
    CONSTRAINT pk_invoice PRIMARY KEY (invoice_id),
    CONSTRAINT fk_invoice_booklet_id FOREIGN KEY (booklet_id) REFERENCES booklet
);
CREATE INDEX ix_invoice_booklet_id ON invoice (booklet_id);
