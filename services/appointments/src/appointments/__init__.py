"""The service appointments."""
