"""Entries are found by the examined worker, a revocation is cleared, and a pass of health education is voided."""

from chassis.data.migrations import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql(__file__)
