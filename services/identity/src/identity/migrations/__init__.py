"""Migrations of identity's database."""
