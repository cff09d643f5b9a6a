"""The pages of the staff of affiliated municipalities."""
