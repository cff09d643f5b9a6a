"""Versions of the rules that are proposed, replayed and approved."""

from chassis.data.migrations import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_sql(__file__)
