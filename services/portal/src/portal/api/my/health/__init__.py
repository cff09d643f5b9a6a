"""A worker's pages: requests for health certificates, and the certificates."""
