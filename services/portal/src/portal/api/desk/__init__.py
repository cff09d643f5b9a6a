"""The pages of the municipality's staff."""
