"""The desk for reports."""
