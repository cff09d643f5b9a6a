"""Identifiers: UUIDv7, so that new rows land at the end of an index."""

import uuid_utils


def new_id() -> str:
    """Returns a new UUIDv7 in its canonical text form."""
    return str(uuid_utils.uuid7())
