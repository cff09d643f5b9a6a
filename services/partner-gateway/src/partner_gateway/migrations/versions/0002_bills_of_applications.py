"""Bills of applications, and the sender's own number of an application."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE licence_application ADD COLUMN reference bytea")
    op.execute(
        "CREATE TABLE application_bill (bill_id uuid NOT NULL, version integer NOT NULL,"
        " application_id uuid NOT NULL, state jsonb NOT NULL, changed_at timestamp with time zone NOT NULL,"
        " CONSTRAINT pk_application_bill PRIMARY KEY (bill_id))"
    )
    op.execute(
        "CREATE INDEX ix_application_bill_application_id_bill_id"
        " ON application_bill (application_id, bill_id)"
    )
