"""The processes of a service and its command line."""
