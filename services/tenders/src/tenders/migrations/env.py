"""Alembic's entry: the chassis runs the migrations."""

from chassis.data.migrations import run

run()
