"""The service tenders: purchasing tenders and leases of municipal property."""
