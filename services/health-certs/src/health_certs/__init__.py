"""The service health-certs."""
