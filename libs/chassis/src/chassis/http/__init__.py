"""A request's way: Connexion's stack, security, validation, operations, problems, probes."""
