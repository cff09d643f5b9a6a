"""A payer gives the account for a refund."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE payment ADD COLUMN account_iban bytea, ADD COLUMN account_holder bytea,"
        " ADD COLUMN account_given_at timestamptz, ADD COLUMN account_given_by text"
    )
    op.execute("ALTER TABLE decision ADD COLUMN account_given_by text")
    op.execute("CREATE INDEX ix_decision_account ON decision (payment_id) WHERE iban IS NOT NULL")
