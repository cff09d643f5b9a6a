"""Migrations of health-certs."""
