"""The inbox of reports: its views, and the filters that its address may have. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from saudi.text import fold_digits

PAGE_ROWS = 20
_BY_DUE_DAY = {"order": "due"}
# View → what the service is asked for. The first one is shown without a choice.
VIEWS: Mapping[str, Mapping[str, Any]] = {
    "open": {"open": "true", **_BY_DUE_DAY},
    "mine": {"mine": "true", "open": "true", **_BY_DUE_DAY},
    "unassigned": {"unassigned": "true", **_BY_DUE_DAY},
    "overdue": {"overdue": "true", **_BY_DUE_DAY},
    "answered": {"answered": "true"},
    "waiting_reporter": {"status": "waiting_reporter"},
    "waiting_external": {"status": "waiting_external"},
    "resolved": {"status": "resolved"},
    "all": {},
}
FIRST_VIEW = "open"
# Filters are codes of lists, so that no name, no mobile and no identity number of a person stands in an address.
FILTERS = ("department", "municipality", "priority")
_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")
# A report's number begins with a Hijri year after 1440; no identity number of a person does today.
_REPORT_NUMBER = re.compile(r"14[4-9][0-9]{7,10}")


def view_of(query: Mapping[str, str]) -> str:
    """Returns the view that an address names; the first view for any other name."""
    named = query.get("view", FIRST_VIEW)
    return named if named in VIEWS else FIRST_VIEW


def filters_of(query: Mapping[str, str]) -> dict[str, str]:
    """Returns the filters of an address. A value that is no code is left out: it's asked nowhere."""
    chosen = {name: query.get(name, "") for name in FILTERS}
    return {name: value for name, value in chosen.items() if _CODE.fullmatch(value)}


def inbox_query(view: str, filters: Mapping[str, str]) -> dict[str, Any]:
    """Returns the parameters for the service."""
    return {**VIEWS[view], **filters, "limit": PAGE_ROWS, "with_counts": "true"}


def report_number(typed: str) -> str | None:
    """Returns a report's number as the service writes it, or None for anything else, such as a mobile."""
    digits = re.sub(r"[\s\u200e\u200f\u2066-\u2069-]", "", fold_digits(typed))
    return digits if _REPORT_NUMBER.fullmatch(digits) else None
