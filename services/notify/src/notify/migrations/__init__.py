"""The tables, and the texts that stand in them from the start."""

from notify.migrations.wordings import seed

__all__ = ["seed"]
