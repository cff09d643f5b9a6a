"""The service `permits`: building permits of every kind, and their certificates."""
