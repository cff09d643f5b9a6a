"""What operations share at the edge."""

from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]
Answer = dict[str, Any] | tuple[dict[str, Any], int]


def note_of(body: Body | None) -> str | None:
    """The note of an optional body."""
    return body.get("note") if body else None
