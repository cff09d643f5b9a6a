"""Rules of the partner gateway. Pure."""
