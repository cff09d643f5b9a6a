"""The service identity."""
