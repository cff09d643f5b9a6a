"""The service licences."""
