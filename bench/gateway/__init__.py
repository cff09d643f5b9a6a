"""How fast the partner gateway answers with all its trust, beside the database alone and beside a peer."""
