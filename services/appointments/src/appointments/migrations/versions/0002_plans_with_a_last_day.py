"""A plan may have a last day: on its days it holds in the place of the plan that holds otherwise."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE department_plan ADD COLUMN valid_until date")
