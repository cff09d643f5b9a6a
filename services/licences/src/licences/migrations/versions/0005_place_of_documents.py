"""The office that issued a document: of services that count numbers for each office. None of licences has one."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE signed_document ADD COLUMN place text")
