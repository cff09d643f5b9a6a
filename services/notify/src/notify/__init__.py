"""The service notify."""
