"""Bills of applications, the sender's own number of an application, and the releases that wait for the company."""

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
    op.execute(
        "ALTER TABLE building_release ADD COLUMN waits_for text, ADD COLUMN waits_since date"
    )
    op.execute(
        "CREATE INDEX ix_building_release_waiting ON building_release (waits_for, waits_since, release_id)"
        " WHERE waits_for IS NOT NULL"
    )
