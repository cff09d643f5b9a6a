"""The pages of the electricity company's staff."""
