"""HTTP to other services: the issuer of tokens, and the partner gateway."""
