"""Appointments of people without an account."""
