"""How long the names of a partner's inspectors stay (contracts/reference/entry-retention.yaml)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

EMPTIED = ""
NAME_EMPTIED = "حُذف الاسم بانقضاء مدته"  # what staff see in its place


def emptied_before(today: date, days: int) -> date:
    """Visits before that day have no inspector's name any more."""
    return today - timedelta(days=days)


def without_inspector(stage: Mapping[str, Any], before: date) -> dict[str, Any]:
    """A stage as a certificate shows it, without the name where a partner's visit is that old."""
    old = date.fromisoformat(stage["inspected_on"]) < before
    return {**stage, "inspector": EMPTIED} if stage.get("by") == "partner" and old else dict(stage)


def shown_inspector(name: str) -> str:
    """The name, or that it was emptied."""
    return NAME_EMPTIED if name == EMPTIED else name
