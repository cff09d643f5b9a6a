"""What municipalities submit, and the read model of their licences."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
CREATE TABLE licence_application (
    application_id uuid NOT NULL,
    version integer NOT NULL,
    sent integer NOT NULL DEFAULT 0,
    municipality text NOT NULL,
    request text NOT NULL,
    status text NOT NULL,
    submitted_at timestamptz NOT NULL,
    kind text,
    licence_no text,
    application_no text,
    corrected_version integer,
    reference_key text,
    reference_body text,
    state jsonb,
    changed_at timestamptz,
    CONSTRAINT pk_licence_application PRIMARY KEY (application_id),
    CONSTRAINT uq_licence_application_reference_key UNIQUE (reference_key)
);
CREATE INDEX ix_licence_application_own ON licence_application (municipality, submitted_at, application_id);
CREATE INDEX ix_licence_application_all ON licence_application (submitted_at, application_id);
CREATE INDEX ix_licence_application_number ON licence_application (application_no);
CREATE INDEX ix_licence_application_licence ON licence_application (licence_no);
CREATE TABLE licence (
    licence_id uuid NOT NULL,
    version integer NOT NULL,
    licence_no text NOT NULL,
    municipality text NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    issued_on date NOT NULL,
    expires_on date NOT NULL,
    activities text[] NOT NULL,
    state jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT pk_licence PRIMARY KEY (licence_id)
);
CREATE INDEX ix_licence_own ON licence (municipality, issued_on, licence_id);
CREATE INDEX ix_licence_all ON licence (issued_on, licence_id);
CREATE INDEX ix_licence_number ON licence (licence_no);
CREATE TABLE licence_activity (
    code text NOT NULL,
    version integer NOT NULL,
    state jsonb NOT NULL,
    CONSTRAINT pk_licence_activity PRIMARY KEY (code)
);
"""


def upgrade() -> None:
    op.execute(TABLES)
