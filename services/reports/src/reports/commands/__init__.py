"""Use cases: who acts and plain input, the rule, the row with its journal, and its event. None commits."""
