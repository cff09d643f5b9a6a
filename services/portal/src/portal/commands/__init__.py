"""Changes of the portal's rows."""
