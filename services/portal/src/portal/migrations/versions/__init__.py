"""Migrations of portal."""
