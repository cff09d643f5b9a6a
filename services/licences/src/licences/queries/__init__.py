"""Reads, by what is read. An actor bound to a municipality sees the municipality's rows only."""
