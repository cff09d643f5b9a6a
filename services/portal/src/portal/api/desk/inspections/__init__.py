"""The pages of inspectors: visits, shops, and violations that they record."""
