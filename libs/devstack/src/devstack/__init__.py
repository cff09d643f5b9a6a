"""Real parts on one machine, for `make demo`, `make up` and the tests."""
