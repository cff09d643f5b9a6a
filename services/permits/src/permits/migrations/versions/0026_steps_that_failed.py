"""How often a step of an import failed: from then on its rows are taken singly."""

from alembic import op

revision = "0026"
down_revision = "0025"

ADD = "ALTER TABLE permit_import ADD COLUMN tries integer NOT NULL DEFAULT 0"
INDEX = """CREATE INDEX ix_permit_import_row_unprocessed ON permit_import_row (import_id, row_number)
WHERE status = 'unprocessed'"""


def upgrade() -> None:
    op.execute(ADD)
    op.execute(INDEX)
