"""Run by Alembic."""

from chassis.migrations import run

run()
