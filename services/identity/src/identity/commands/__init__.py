"""Use cases: session, plain input, who acts and the time → rule → rows and events. None commits."""
