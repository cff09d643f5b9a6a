"""Shared by the operations: the types of bodies and answers, and the note of a body."""

from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]
View = dict[str, Any]
Created = tuple[View, int]


def note_of(body: Body | None) -> str | None:
    """Returns the note of an optional body."""
    return body.get("note") if body else None
