"""A service of the tests, with the command line of a real one."""
