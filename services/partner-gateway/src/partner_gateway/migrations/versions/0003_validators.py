"""The two indexes that pages are read by hold what a kept page is confirmed by, so that no row is visited for it."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
DROP INDEX ix_building_permit_issued;
CREATE INDEX ix_building_permit_issued ON building_permit (issued_on DESC, permit_id DESC)
    INCLUDE (version, projected_at);
DROP INDEX ix_building_permit_plan;
CREATE INDEX ix_building_permit_plan ON building_permit (plan_key, issued_on DESC, permit_id DESC)
    INCLUDE (version, projected_at);
"""
    )
