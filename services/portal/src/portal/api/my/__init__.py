"""The pages of a person who signed in with the national login."""
