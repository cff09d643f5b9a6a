"""The two indexes that pages are read by hold the columns that are searched and sorted, and nothing else (ADR 13)."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    # The new ones first: queries go on meanwhile, and wait only for the exchange at the end.
    op.execute(
        """
CREATE INDEX new_issued ON building_permit (issued_on DESC, permit_id DESC);
CREATE INDEX new_plan ON building_permit (plan_key, issued_on DESC, permit_id DESC);
DROP INDEX ix_building_permit_issued, ix_building_permit_plan;
ALTER INDEX new_issued RENAME TO ix_building_permit_issued;
ALTER INDEX new_plan RENAME TO ix_building_permit_plan;
"""
    )
