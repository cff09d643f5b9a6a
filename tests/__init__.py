"""Tests of several services together."""
