"""Permits from before the system: entered singly, or in batches from files."""
