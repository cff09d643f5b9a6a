"""The last day of an open application and its visit; what an inspector found, as the offender reads it."""

from chassis.data.migrations import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql(__file__)
