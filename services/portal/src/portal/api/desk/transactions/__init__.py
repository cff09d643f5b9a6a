"""The desk of transactions."""
