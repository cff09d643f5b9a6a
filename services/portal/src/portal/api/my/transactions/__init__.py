"""A citizen's transactions."""
