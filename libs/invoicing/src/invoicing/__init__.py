"""Invoices of a service: requested, withdrawn, paid, refunded."""
