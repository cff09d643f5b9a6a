"""The reasons of a court's judgment; what an ended violation still waited for."""

from chassis.data.migrations import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_sql(__file__)
