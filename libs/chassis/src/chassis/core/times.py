"""Moments and days as texts."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC, with `Z`: as events, watermarks and signed roots write it. `moment` is aware."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def shown(moment: datetime) -> str:
    """Returns the moment in whole seconds, as answers and problems show it to people."""
    return rfc3339(moment.replace(microsecond=0))


def days_as_texts(parts: Mapping[str, Any]) -> dict[str, Any]:
    """The same with each day, in parts of parts too, as a text of ISO 8601: as JSON keeps it."""
    return {name: _day_as_text(part) for name, part in parts.items()}


def _day_as_text(part: Any) -> Any:
    if isinstance(part, Mapping):
        return days_as_texts(part)
    return part.isoformat() if isinstance(part, date) else part
