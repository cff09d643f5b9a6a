"""How many things a list of work has, as the service counts them by status. Pure."""

from collections.abc import Mapping
from typing import Any


def count_of(filters: Mapping[str, Any], counts: Mapping[str, int]) -> int | None:
    """Returns how many things a list has. `filters`: what the list asks the service for. None for a list that the
    service doesn't count, such as what has ended."""
    if "overdue" in filters:
        return counts.get("overdue")
    statuses = filters.get("statuses") or [filters.get("status")]
    found = [counts.get(one) for one in statuses]
    return sum(one for one in found if one is not None) if None not in found else None
