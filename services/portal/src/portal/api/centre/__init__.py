"""The pages of medical centres."""
