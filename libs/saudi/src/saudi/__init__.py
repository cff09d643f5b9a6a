"""The shared vocabulary of the services: pure functions and types, no state, no input or output.

A `parse_…` function takes what a person wrote, in either digits, and returns the one form that is
stored; it raises `Malformed`. A `…_key` function answers the form under which two spellings meet.
"""

from saudi.malformed import Malformed

__all__ = ["Malformed"]
