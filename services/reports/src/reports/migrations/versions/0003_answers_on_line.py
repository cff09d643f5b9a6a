"""The link by which a reporter answers a question on line. Every token so far is of a closing."""

from chassis.data.migrations import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_sql(__file__)
