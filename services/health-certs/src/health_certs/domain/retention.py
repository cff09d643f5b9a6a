"""How long personal data stay (contracts/reference/health-rules.yaml)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any


@dataclass(frozen=True)
class Retention:
    """Days after the end of each; the file says of what."""

    requests: int
    results: int
    certificates: int
    passes: int
    lists: int

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Retention":
        """Of the file."""
        return cls(**document["retention"])


def over_before(today: date, days: int) -> date:
    """What ended before that day is emptied."""
    return today - timedelta(days=days)
