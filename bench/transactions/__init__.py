"""`make bench-transactions`."""
