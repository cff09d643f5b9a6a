"""Booklets are sold, a receipt can be withdrawn, and a question can be dismissed."""

from chassis.data.migrations import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql(__file__)
