"""Formats of contracts: the functions that read days and amounts, and answers with their days in both calendars."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any

from saudi.days import RIYADH, both_calendars, parse_day, parse_month
from saudi.moments import parse_moment
from saudi.money import parse_riyals
from saudi.text import fold_digits

# `format` of CalendarDay and CalendarMoment in contracts/openapi/common.yaml, of months and amounts that people write,
# and of numbers that they type in the digits of their telephone.
FORMATS: Mapping[str, Callable[[str], Any]] = {
    "calendar-day": parse_day,
    "calendar-moment": parse_moment,
    "month": parse_month,
    "riyals": parse_riyals,
    "any-digits": fold_digits,
}


def with_hijri(document: Mapping[str, Any], days: Collection[str]) -> dict[str, Any]:
    """Returns the document with `<name>_hijri` beside each field of `days`, at any depth: `1448/06/14`, or None.

    A day is ISO 8601; of a moment it's the day in Riyadh.
    """
    shown: dict[str, Any] = {}
    for name, value in document.items():
        shown[name] = _deeper(value, days)
        if name in days and (value is None or isinstance(value, str)):
            shown[f"{name}_hijri"] = both_calendars(_day(value)).hijri if value else None
    return shown


def _deeper(value: Any, days: Collection[str]) -> Any:
    if isinstance(value, Mapping):
        return with_hijri(value, days)
    if isinstance(value, list):
        return [_deeper(item, days) for item in value]
    return value


def _day(text: str) -> date:
    if "T" not in text:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text.upper()).astimezone(RIYADH).date()
