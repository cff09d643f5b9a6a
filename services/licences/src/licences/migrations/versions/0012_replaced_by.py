"""By which licence others were left."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_licence_replaced_by ON licence (replaced_by) WHERE replaced_by IS NOT NULL"
    )
