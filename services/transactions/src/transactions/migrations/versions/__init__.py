"""Migrations of transactions."""
