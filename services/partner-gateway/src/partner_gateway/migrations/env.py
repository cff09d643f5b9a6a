"""Alembic's environment; the chassis does it."""

from chassis.data.migrations import run

run()
