"""Reads, by what is read. An actor who is bound to a municipality sees its things only."""
