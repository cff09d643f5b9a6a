"""The desk for building permits."""
