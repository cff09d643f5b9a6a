"""Lists of workers and their rows."""

from alembic import op

revision = "0005"
down_revision = "0004"

_LIST = """
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
"""
_ROW = """
CREATE TABLE request_list_row (
    list_id uuid NOT NULL CONSTRAINT fk_request_list_row_list_id REFERENCES request_list,
    "row" integer NOT NULL,
    cells bytea,
    outcome text,
    request_no text,
    certificate_no text,
    faults jsonb NOT NULL,
    CONSTRAINT pk_request_list_row PRIMARY KEY (list_id, "row")
);
CREATE INDEX ix_request_list_row_waiting ON request_list_row (list_id, "row") WHERE outcome IS NULL;
"""


def upgrade() -> None:
    op.execute(_LIST)
    op.execute(_ROW)
