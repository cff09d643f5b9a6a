"""Tenders and auctions, for everybody."""
