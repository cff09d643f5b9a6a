"""The counter of the day."""
