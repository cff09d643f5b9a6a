"""Bills are found by their payer and by what they are for; a decision names its people."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE bill ADD COLUMN payer_key text")
    op.execute("CREATE INDEX ix_bill_payer_key_created_at ON bill (payer_key, created_at)")
    op.execute(
        "CREATE INDEX ix_bill_subject_number_created_at ON bill (subject_number, created_at)"
    )
    op.execute(
        "ALTER TABLE decision ADD COLUMN proposed_by_name text, ADD COLUMN decided_by_name text"
    )
