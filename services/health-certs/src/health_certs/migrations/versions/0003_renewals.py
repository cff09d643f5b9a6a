"""One open renewal of a certificate, whoever asks at the same moment."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        "CREATE UNIQUE INDEX uq_request_renews ON request (renews)"
        " WHERE ended_at IS NULL AND renews IS NOT NULL"
    )
