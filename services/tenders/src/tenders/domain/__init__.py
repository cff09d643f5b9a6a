"""Rules: pure functions; time and ids are arguments."""
