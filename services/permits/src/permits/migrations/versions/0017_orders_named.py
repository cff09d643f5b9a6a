"""An order to disconnect has an id, which the company's entries name; one of before has its release's."""

from alembic import op

revision = "0017"
down_revision = "0016"

IDS = """
UPDATE release SET disconnection = jsonb_build_object('order_id', release_id) || disconnection
WHERE jsonb_typeof(disconnection) = 'object';
"""


def upgrade() -> None:
    op.execute(IDS)
