"""Reads, shaped for the answers."""
