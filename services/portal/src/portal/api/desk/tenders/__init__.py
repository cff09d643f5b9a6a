"""The desk of tenders and leases."""
