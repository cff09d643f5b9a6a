"""The service reports."""
