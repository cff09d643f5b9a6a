"""Money goes through payments: invoices are rows of their own, and a paid request says so.

`permits` must be stopped for it, `serve` and `work`: an older process writes columns that aren't there afterwards. What
was recorded by hand stays to be read, as an invoice that has ended; a request that was paid by hand waits for its
permit. One whose bill was recorded and not paid is billed anew, by an officer.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = """
LOCK TABLE permit_request IN ACCESS EXCLUSIVE MODE;
CREATE TABLE invoice (
    invoice_id uuid CONSTRAINT pk_invoice PRIMARY KEY,
    request_id uuid NOT NULL CONSTRAINT fk_invoice_request_id REFERENCES permit_request,
    municipality text NOT NULL,
    status text NOT NULL,
    amount_halalas bigint NOT NULL,
    lines jsonb NOT NULL,
    due_on date NOT NULL,
    payer bytea,
    requested_at timestamptz NOT NULL,
    biller_code text,
    bill_number text,
    payment_id uuid,
    receipt_number text,
    paid_at timestamptz,
    reason text,
    version integer NOT NULL
);
CREATE INDEX ix_invoice_request_id ON invoice (request_id);
INSERT INTO invoice (invoice_id, request_id, municipality, status, amount_halalas, lines, due_on, requested_at,
    bill_number, receipt_number, paid_at, reason, version)
SELECT gen_random_uuid(), request_id, municipality, 'ended', (invoice_amount * 100)::bigint,
    jsonb_build_array(jsonb_build_object(
        'code', 'building-permit', 'ar', 'رسم رخصة بناء', 'en', 'Fee of a building permit',
        'amount_halalas', (invoice_amount * 100)::bigint,
        'because', jsonb_build_object('ar', 'سجلها الموظف', 'en', 'Recorded by an officer'))),
    invoice_due_on, submitted_at, invoice_number, receipt_number, paid_at, 'recorded-by-hand', 1
FROM permit_request WHERE invoice_number IS NOT NULL;
ALTER TABLE permit_request
    ADD COLUMN reason_code text,
    ADD COLUMN invoice_id uuid,
    ADD COLUMN due_on date,
    ADD COLUMN decided_on date,
    ADD COLUMN ended_on date;
UPDATE permit_request SET invoice_id = invoice.invoice_id
FROM invoice WHERE invoice.request_id = permit_request.request_id;
UPDATE permit_request SET due_on = invoice_due_on WHERE status = 'awaiting_payment' AND paid_at IS NULL;
UPDATE permit_request SET status = 'paid' WHERE status = 'awaiting_payment' AND paid_at IS NOT NULL;
ALTER TABLE permit_request
    DROP COLUMN invoice_number,
    DROP COLUMN invoice_amount,
    DROP COLUMN invoice_due_on,
    DROP COLUMN receipt_number,
    DROP COLUMN paid_amount,
    DROP COLUMN paid_at;
"""


def upgrade() -> None:
    op.execute(TABLES)
