"""Run by Alembic."""

from chassis.data.migrations import run

run()
