"""Answers many requests together in a worker's own loop. Only a service with fast operations imports this package."""
