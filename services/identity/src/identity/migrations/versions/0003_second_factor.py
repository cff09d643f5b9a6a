"""The second factor of staff: the policy of organisations, factors, codes, and the step after the password."""

from chassis.data.migrations import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_sql(__file__)
