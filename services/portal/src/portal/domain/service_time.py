"""How a report stands in its service time: the chip beside its due day. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from saudi.days import legal_day

# Statuses in which no department owes anything more.
_SETTLED = frozenset(("resolved", "closed", "rejected", "duplicate"))


class ServiceTime(StrEnum):
    """The service time of an open report. `paused`: the clock stands still while somebody else has to act."""

    ON_TIME = "on_time"
    DUE_TODAY = "due_today"
    OVERDUE = "overdue"
    PAUSED = "paused"


# Service time → the tone of its tag.
TONES: Mapping[ServiceTime, str] = {
    ServiceTime.ON_TIME: "success",
    ServiceTime.DUE_TODAY: "warning",
    ServiceTime.OVERDUE: "error",
    ServiceTime.PAUSED: "neutral",
}


def service_time_of(report: Mapping[str, Any], now: datetime) -> ServiceTime | None:
    """Returns how a report stands, or None for a report that was treated or has ended.

    A report is overdue from the moment after its due moment, as the service's own filter says; due today on its due day
    in Riyadh until then.
    """
    if report["status"] in _SETTLED:
        return None
    if report["due_at"] is None:
        return ServiceTime.PAUSED
    due = datetime.fromisoformat(report["due_at"])
    if due < now:
        return ServiceTime.OVERDUE
    return ServiceTime.DUE_TODAY if legal_day(due) == legal_day(now) else ServiceTime.ON_TIME
