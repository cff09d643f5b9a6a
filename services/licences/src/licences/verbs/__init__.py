"""The service's own commands on the command line."""
