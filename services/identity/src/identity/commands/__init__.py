"""Use cases: plain input, the rule, the rows with their journal, and the events. No command commits."""
