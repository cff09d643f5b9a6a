"""Records what the journeys of the demo and of `tests/system` leave behind, and compares two recordings."""
