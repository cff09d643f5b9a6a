"""A request, a permit, a certificate, a release or an appeal as a row of a list."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from portal.api.desk.permits import views
from portal.api.desk.permits.views import Document, Words
from portal.api.places import place_of
from saudi.days import legal_day

Row = dict[str, Any]


def row_of(kind: str, thing: Document, words: Words) -> Row:
    """Returns number, address, state, what it is about, its day and its branch."""
    return {
        **dict.fromkeys(("place", "who", "others", "is_overdue", "is_flagged")),
        "address": views.address_of(kind, thing[_IDS[kind]]),
        "status": words.title(thing["status_title"]),
        "status_tone": views.tone_of(thing.get("effective_status") or thing["status"]),
        "municipality": words.title(thing.get("municipality_title")),
        **_ROWS[kind](thing, words),
    }


def _request_row(one: Document, words: Words) -> Row:
    return {
        "number": one["request_number"],
        "about": words.title(one["kind_title"]),
        "place": _place_of(one, words),
        "who": _owners_of(one) or one["owner_name"],
        "others": one["owners_count"] - 1 if "owner_names" not in one else 0,
        "day": legal_day(datetime.fromisoformat(one["submitted_at"])),
    }


def _permit_row(one: Document, words: Words) -> Row:
    return {
        "number": one["permit_number"],
        "about": words.title(one["kind_title"]),
        "place": _place_of(one, words),
        "who": _owners_of(one),
        "day": one["issued_on"],
    }


def _owners_of(one: Document) -> str | None:
    return "، ".join(one.get("owner_names") or ()) or None


def _place_of(one: Document, words: Words) -> Mapping[str, Any]:
    plots = "، ".join(one.get("plots") or ())
    return {"plan": one["plan_number"], "plots": plots, "where": place_of(one, words.language)}


def _certificate_row(one: Document, words: Words) -> Row:
    part = one.get("occupancy") or {}
    return {
        "number": one["certificate_number"] or one["permit_number"],
        "about": words.title(one["title"]),
        "day": part.get("decide_by") or legal_day(datetime.fromisoformat(one["opened_at"])),
        "is_overdue": part.get("overdue", False),
    }


def _release_row(one: Document, words: Words) -> Row:
    return {
        "number": one["release_number"],
        "about": words.text("permit_release_title"),
        "day": one["submitted_on"],
        "is_flagged": one["flagged"],
    }


def _appeal_row(one: Document, words: Words) -> Row:
    return {
        "number": one["appeal_number"],
        "about": words.title(one["against_title"]),
        "who": one["appellant"]["name"],
        "day": one["decide_by"],
        "is_overdue": one["overdue"],
    }


_IDS = {
    "requests": "request_id",
    "permits": "permit_id",
    "certificates": "certificate_id",
    "releases": "release_id",
    "appeals": "appeal_id",
}
_ROWS: Mapping[str, Callable[[Document, Words], Row]] = {
    "requests": _request_row,
    "permits": _permit_row,
    "certificates": _certificate_row,
    "releases": _release_row,
    "appeals": _appeal_row,
}
