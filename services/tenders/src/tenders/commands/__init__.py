"""Use cases: the rule, the rows with the journal, and the event. The chassis commits."""
