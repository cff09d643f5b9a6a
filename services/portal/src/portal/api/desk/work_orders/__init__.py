"""The work orders of a contractor."""
