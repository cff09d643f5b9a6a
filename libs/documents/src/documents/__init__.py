"""Signed documents: what is printed, what its QR code says, and how anybody verifies it off line."""
