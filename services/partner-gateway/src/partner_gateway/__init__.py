"""What partners may see of the municipality: read models, grants, and the record of who looked."""
