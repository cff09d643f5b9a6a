"""Identity's relying party against an OpenID provider of others: `make national-login`."""
