"""Departments are those of contracts/reference/departments.yaml, which has their names."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE department ADD COLUMN code text NOT NULL DEFAULT 'customer-service'")
    op.execute("ALTER TABLE department ALTER COLUMN code DROP DEFAULT")
    op.execute("ALTER TABLE department DROP COLUMN title_ar, DROP COLUMN title_en")
