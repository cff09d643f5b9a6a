"""Since when a certificate's results are gone."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE certificate ADD COLUMN results_emptied_at timestamptz")
    op.execute(
        "CREATE INDEX ix_certificate_results ON certificate (valid_until) WHERE results_emptied_at IS NULL"
    )
