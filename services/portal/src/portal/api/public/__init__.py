"""The pages of people without a session."""
