"""How many things a list of work has, as the service counts them by status. Pure."""

from collections.abc import Mapping
from typing import Any


def count_of(filters: Mapping[str, Any], counts: Mapping[str, int]) -> int | None:
    """Returns how many things a list has. `filters`: what the list asks the service for. None for a list that the
    service doesn't count, such as what has ended."""
    if "overdue" in filters:
        return counts.get("overdue")
    statuses = filters.get("statuses") or [filters.get("status")]
    if any(one not in counts for one in statuses):
        return None
    return sum(counts[one] for one in statuses)
