"""Journeys through a running system. Each step sends what a person or a system sends, and returns what came back.

`make demo` narrates the journeys (devstack.stories), and `tests/system` asserts what they return.
"""
