"""The service transactions."""
