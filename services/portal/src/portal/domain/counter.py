"""The counter's day: its filters, the actions on an appointment, and the form that closes a time. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.domain.desk_actions import DeskAction, FormField, by_name
from portal.domain.inputs import read_inputs
from saudi import Malformed
from saudi.days import legal_day, parse_day
from saudi.text import compact, fold_digits

PATH = "/desk/appointments"
PAGE_ROWS = 50
STATUSES = ("requested", "confirmed", "checked_in", "called", "served", "no_show", "cancelled")
# Those ahead that a change of the municipality keeps from being served.
AFFECTED = "affected"
STATUS_CHOICES = (*STATUSES, AFFECTED)
# The view without a day: from today on.
FROM_TODAY = "ahead"
_NOTE, _REASON = FormField("note"), FormField("reason")
ACTIONS = by_name(
    DeskAction("confirm", "confirm", (_NOTE,), is_versioned=True),
    DeskAction("check_in", "check-in", is_versioned=True),
    DeskAction("call", "call", (FormField("counter", "number", 2),), is_versioned=True),
    DeskAction("serve", "serve", (_NOTE,), is_versioned=True),
    DeskAction("miss", "no-show", is_versioned=True),
    DeskAction("cancel", "cancel", (_REASON,), is_versioned=True),
)
REVEAL = DeskAction("reveal", "person", (_REASON,), shows_answer=True)
FORMS = {**ACTIONS, REVEAL.name: REVEAL}
CLOSURE_INPUTS = ("municipality", "department", "day", "from", "until", "reason_ar", "reason_en")
# Two digits of the Hijri year and seven of the series: an identity number and a mobile are longer, and asked nowhere.
_NUMBER = re.compile(r"[0-9]{9}")
_ID = re.compile(r"[0-9a-f-]{36}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def read_filters(query: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Returns what an address asks for: today in Riyadh without a choice. A value that isn't in its list is left
    out."""
    names = ("day", "department", "status", "counter", "view")
    typed = {name: text[:40] for name, text in read_inputs(query, names).items()}
    counter = fold_digits(typed["counter"])
    return {
        "day": typed["day"] or legal_day(now).isoformat(),
        "department": typed["department"] if _ID.fullmatch(typed["department"]) else "",
        "status": typed["status"] if typed["status"] in STATUS_CHOICES else "",
        "view": FROM_TODAY if typed["view"] == FROM_TODAY else "",
        "counter": counter if counter.isascii() and counter.isdigit() and len(counter) < 3 else "",
    }


def day_query(filters: Mapping[str, str], cursor: str) -> dict[str, Any]:
    """Returns the parameters for the service, which lists from today on without a day."""
    is_affected = filters["status"] == AFFECTED
    wanted = {
        "day": "" if filters["view"] == FROM_TODAY else filters["day"],
        "department_id": filters["department"],
        "status": "" if is_affected else filters["status"],
        "affected": "true" if is_affected else "",
        "cursor": cursor,
    }
    return {**{name: text for name, text in wanted.items() if text}, "limit": PAGE_ROWS}


def appointment_number(typed: str) -> str | None:
    """Returns the digits of an appointment's number; None for anything else."""
    digits = compact(fold_digits(typed))
    return digits if _NUMBER.fullmatch(digits) else None


def read_closure(form: Mapping[str, str]) -> dict[str, str]:
    """Returns what was typed into the form that closes a time."""
    return read_inputs(form, CLOSURE_INPUTS)


def closure_body(typed: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Returns the body for the service, and the inputs that name no day and no time. The closed time lies within one
    day in Riyadh."""
    unread = []
    try:
        day = parse_day(typed["day"]).isoformat()
    except Malformed:
        day = ""
        unread.append("day")
    times = {name: fold_digits(typed[name]) for name in ("from", "until")}
    unread += [name for name, text in times.items() if not _TIME.fullmatch(text)]
    department = {"department_id": typed["department"]} if typed["department"] else {}
    body = {
        "municipality": typed["municipality"],
        **department,
        "starts_at": f"{day}T{times['from']}:00+03:00",
        "ends_at": f"{day}T{times['until']}:00+03:00",
        "reason": {"ar": typed["reason_ar"], "en": typed["reason_en"]},
    }
    return body, unread


def has_same_closure(body: Mapping[str, Any], closures: list[Mapping[str, Any]]) -> bool:
    """Returns whether such a closure stands, as after a form that was sent twice."""
    wanted = (
        body.get("department_id"),
        *(_moment(body[name]) for name in ("starts_at", "ends_at")),
    )
    return any(
        one["lifted_at"] is None
        and wanted == (one["department_id"], _moment(one["starts_at"]), _moment(one["ends_at"]))
        for one in closures
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
