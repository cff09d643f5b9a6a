"""Webhooks: changes of the feed told to addresses that an organisation has registered and proved (ADR 25).

Beside the feed, not instead of it: what is told here is where to look. The mechanism knows no licences.
"""
