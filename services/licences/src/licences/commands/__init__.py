"""Use cases: unit of work and plain input → rule → rows and event. None commits."""
