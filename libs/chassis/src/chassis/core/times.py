"""Moments as texts."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC, with `Z`: as events, watermarks and signed roots write it. `moment` is aware."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def shown(moment: datetime) -> str:
    """The same in whole seconds: as answers and problems write what a person reads."""
    return rfc3339(moment.replace(microsecond=0))
