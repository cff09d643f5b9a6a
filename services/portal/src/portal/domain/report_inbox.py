"""The inbox of reports: its views, and the filters that its address may have. Pure."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any

from portal.domain.inputs import read_input
from portal.domain.report_form import PLACE_MARK
from saudi.days import parse_day
from saudi.malformed import Malformed
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
# Filters are codes of lists, listed places and days, so that no name, no mobile and no identity number of a person
# stands in an address.
_CODES = ("category", "department", "municipality", "priority")
PLACE, DAYS = "place", ("filed_from", "filed_to")
FILTERS = (*_CODES, PLACE, *DAYS)
# Field of the service → input.
INPUTS = {name: name for name in FILTERS} | {"town": PLACE, "district": PLACE}
_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")
_DAY = re.compile(r"[0-9]{1,4}([-/])[0-9]{1,2}\1[0-9]{1,4}")
# A report's number begins with a Hijri year after 1440; no identity number of a person does today.
_REPORT_NUMBER = re.compile(r"14[4-9][0-9]{7,10}")


def view_of(query: Mapping[str, str]) -> str:
    """Returns the view that an address names; the first view for any other name."""
    named = query.get("view", FIRST_VIEW)
    return named if named in VIEWS else FIRST_VIEW


def filters_of(query: Mapping[str, str], places: Collection[str]) -> dict[str, str]:
    """Returns the filters of an address. A value that is no code, none of the `places` and no day is left out: it's
    asked nowhere."""
    chosen = {name: fold_digits(read_input(query, name)) for name in FILTERS}
    is_shaped: Mapping[str, Callable[[str], Any]] = {
        **dict.fromkeys(_CODES, _CODE.fullmatch),
        PLACE: places.__contains__,
        **dict.fromkeys(DAYS, _DAY.fullmatch),
    }
    return {name: value for name, value in chosen.items() if is_shaped[name](value)}


def unread_days(query: Mapping[str, str]) -> dict[str, str]:
    """Returns what was typed for a day and is none."""
    typed = {name: fold_digits(read_input(query, name)) for name in DAYS}
    return {name: text for name, text in typed.items() if text and not _DAY.fullmatch(text)}


def inbox_query(view: str, filters: Mapping[str, str]) -> dict[str, Any]:
    """Returns the parameters for the service."""
    codes = {name: value for name, value in filters.items() if name != PLACE}
    town, _, district = filters.get(PLACE, "").partition(PLACE_MARK)
    place = {name: value for name, value in (("town", town), ("district", district)) if value}
    asked = {**VIEWS[view], **codes, **place, "limit": PAGE_ROWS, "with_counts": "true"}
    if "filed_to" in asked:
        asked["filed_to"] = _day_after(asked["filed_to"])
    return asked


def _day_after(typed: str) -> str:
    """Returns the day after the last day: that's what the service is asked for. What is no day goes as it was typed:
    the service says what is wrong."""
    try:
        return (parse_day(typed) + timedelta(days=1)).isoformat()
    except (Malformed, OverflowError):
        return typed


def report_number(typed: str) -> str | None:
    """Returns a report's number as the service writes it, or None for anything else, such as a mobile."""
    digits = re.sub(r"[\s\u200e\u200f\u2066-\u2069-]", "", fold_digits(typed))
    return digits if _REPORT_NUMBER.fullmatch(digits) else None
