"""Rules of licences: pure functions; time and facts come in as arguments."""
