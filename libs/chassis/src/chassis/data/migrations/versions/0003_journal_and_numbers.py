"""The journal of aggregates, number series and their voided numbers."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE journal (
    entry_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_journal PRIMARY KEY,
    aggregate_type text NOT NULL,
    aggregate_id text NOT NULL,
    version integer NOT NULL,
    action text NOT NULL,
    note text,
    details jsonb,
    at timestamptz NOT NULL,
    subject text NOT NULL,
    name text,
    client_id text NOT NULL,
    organisation text
);
CREATE INDEX ix_journal_aggregate_type_aggregate_id_entry_id
    ON journal (aggregate_type, aggregate_id, entry_id);
CREATE FUNCTION refuse_change_of_journal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER journal_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_journal();

CREATE TABLE number_series (
    series text NOT NULL,
    branch text NOT NULL,
    year integer NOT NULL,
    last integer NOT NULL,
    CONSTRAINT pk_number_series PRIMARY KEY (series, branch, year)
);
CREATE TABLE voided_number (
    series text NOT NULL,
    branch text NOT NULL,
    year integer NOT NULL,
    number integer NOT NULL,
    reason text NOT NULL,
    voided_by text NOT NULL,
    voided_at timestamptz NOT NULL,
    CONSTRAINT pk_voided_number PRIMARY KEY (series, branch, year, number),
    CONSTRAINT fk_voided_number_series FOREIGN KEY (series, branch, year) REFERENCES number_series
);
"""


def upgrade() -> None:
    op.execute(TABLES)
