"""What a request and a permit have to remember so that no order of events undoes a decision."""

from chassis.data.migrations import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql(__file__)
