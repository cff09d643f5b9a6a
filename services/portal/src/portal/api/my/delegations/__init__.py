"""Delegations: the establishments for which a citizen acts, and the people whom the citizen named."""
