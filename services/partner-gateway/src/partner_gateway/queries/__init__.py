"""Reads of the partner gateway, one module for each subject."""
