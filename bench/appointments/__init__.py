"""Bookings under a crowd: 200 clients, 100 slots, and processes that are killed in between."""
