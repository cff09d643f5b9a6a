"""How soon what municipalities submit is decided, billed and issued, and how many a second are accepted."""
