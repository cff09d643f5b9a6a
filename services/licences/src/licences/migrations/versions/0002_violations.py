"""Violations, objections, and the invoices for fines."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
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
    version integer NOT NULL
);
CREATE INDEX ix_violation_observed_at_violation_id ON violation (observed_at, violation_id);
CREATE INDEX ix_violation_municipality_observed_at_violation_id ON violation (municipality, observed_at, violation_id);
CREATE INDEX ix_violation_offender_key_item_observed_at ON violation (offender_key, item, observed_at);
CREATE INDEX ix_violation_licence_no ON violation (licence_no) WHERE licence_no IS NOT NULL;
CREATE INDEX ix_violation_final_offender ON violation (offender_key)
    WHERE final AND paid_at IS NULL AND ended_at IS NULL;
CREATE INDEX ix_violation_final_licence ON violation (licence_no)
    WHERE final AND paid_at IS NULL AND ended_at IS NULL;
CREATE INDEX ix_violation_full ON violation (ended_at) WHERE ended_at IS NOT NULL AND emptied_at IS NULL;

CREATE TABLE objection (
    violation_id uuid CONSTRAINT pk_objection PRIMARY KEY
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
    violation_id uuid NOT NULL CONSTRAINT fk_fine_invoice_violation_id REFERENCES violation,
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
"""


def upgrade() -> None:
    op.execute(TABLES)
