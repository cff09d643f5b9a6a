"""Migrations of notify."""
