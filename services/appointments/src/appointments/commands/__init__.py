"""Use cases. The chassis commits."""
