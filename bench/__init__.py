"""Benchmarks: each says what it compares with, and writes its figures to `bench/results`."""
