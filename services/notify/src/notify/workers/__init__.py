"""The workers: each runs transactions and calls in turn."""
