"""Rules of the portal. Pure."""
