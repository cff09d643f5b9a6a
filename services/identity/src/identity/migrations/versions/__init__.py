"""The numbered chain."""
