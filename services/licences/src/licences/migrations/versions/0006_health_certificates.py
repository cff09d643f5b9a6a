"""The health certificates that name a licence or an application: the share of its workers that have one is counted."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
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
CREATE INDEX ix_known_health_certificate_certificate_no ON known_health_certificate (certificate_no);
CREATE INDEX ix_known_health_certificate_licence_no ON known_health_certificate (licence_no)
    WHERE licence_no IS NOT NULL;
CREATE INDEX ix_known_health_certificate_application_no ON known_health_certificate (application_no)
    WHERE application_no IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(TABLES)
