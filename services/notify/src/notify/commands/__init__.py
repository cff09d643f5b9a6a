"""Use cases: session and plain input → rule → rows and events. None commits, and none calls a provider.

Imported by module: `messages.create(…)`. A message's steps have no journal: its attempts and receipts are its record.
"""
