"""The form of an appointment by somebody without an account: what is typed, and the bodies for `appointments`. Pure.

The rules are those of `appointments`. Between the steps the form is a plain record that lies sealed for the browser.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from portal.domain.inputs import read_input, read_inputs
from saudi import Malformed
from saudi.days import legal_day, parse_day

SHOWN_DAYS = 7
INPUTS = ("name", "mobile", "id_type", "id_number", "reference", "note")
ID_TYPES = ("national_id", "iqama", "border_number")
_ALWAYS, _OPTIONAL = ("name", "mobile"), ("id_type", "id_number", "reference", "note")
Form = Mapping[str, Any]


@dataclass(frozen=True)
class ChosenService:
    """A service of a department, with the first day of the days among which the person chooses; empty: today. `day`:
    the day of which times are shown; empty: the first that has free times."""

    department_id: str
    service: str
    from_day: str = ""
    day: str = ""

    @classmethod
    def read(cls, typed: Mapping[str, str]) -> "ChosenService":
        """Returns what an address or a form chooses."""
        names = ("department", "service", "from", "day")
        return cls(*(read_input(typed, name)[:40] for name in names))

    def query(self) -> dict[str, Any]:
        """Returns the parameters for the free times."""
        first = {"from_day": self.from_day} if self.from_day else {}
        chosen = {"department_id": self.department_id, "service": self.service}
        return {**chosen, **first, "days": SHOWN_DAYS}

    def address(self) -> dict[str, str]:
        """Returns the parameters of the page's address."""
        days = {"from": self.from_day, "day": self.day}
        named = {name: day for name, day in days.items() if day}
        return {"department": self.department_id, "service": self.service, **named}

    def begins_in_past(self, now: datetime) -> bool:
        """Returns whether the first day is over, so that the days begin today instead."""
        try:
            return bool(self.from_day) and parse_day(self.from_day) < legal_day(now)
        except Malformed:
            return False

    def days_around(self, now: datetime) -> tuple[date | None, date]:
        """Returns the first day of the page before this one, or None where this page begins today, and of the page
        behind it. A day that can't be read counts as today: `appointments` says what is wrong with it."""
        today = legal_day(now)
        try:
            first = max(today, parse_day(self.from_day)) if self.from_day else today
            behind = first + timedelta(days=SHOWN_DAYS)
        except (Malformed, OverflowError):
            first, behind = today, today + timedelta(days=SHOWN_DAYS)
        before = max(today, first - timedelta(days=SHOWN_DAYS)) if first > today else None
        return before, behind


def read_details(form: Mapping[str, str]) -> dict[str, str]:
    """Returns what was typed about the person."""
    return read_inputs(form, INPUTS)


def hold_body(chosen: ChosenService, starts_at: str, device_key: str) -> dict[str, str]:
    """Returns the body that holds a time. An earlier hold of the same browser ends with it."""
    return {
        "department_id": chosen.department_id,
        "service": chosen.service,
        "starts_at": starts_at,
        "device_key": device_key,
    }


def code_body(form: Form, language: str) -> dict[str, str]:
    """Returns the body that asks for a code. The person's facts go along, so that `appointments` names what is wrong
    before it sends a text."""
    typed = form["typed"]
    given = {name: typed[name] for name in (*_ALWAYS, "id_type", "id_number") if typed[name]}
    return {**_hold_keys(form), **given, "language": language}


def booking_body(form: Form, code: str, language: str) -> dict[str, str]:
    """Returns the body that books. An empty answer is left out, so that `appointments` says that it's needed."""
    typed = form["typed"]
    given = {name: typed[name] for name in (*_ALWAYS, *_OPTIONAL) if typed[name]}
    return {**_hold_keys(form), **given, "code": code, "language": language}


def _hold_keys(form: Form) -> dict[str, str]:
    return {"hold_id": form["hold"]["hold_id"], "device_key": form["device_key"]}
