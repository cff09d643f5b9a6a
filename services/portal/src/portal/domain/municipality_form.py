"""The form in which the staff of an affiliated municipality apply for a licence in an applicant's name. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from portal.domain import licence_form
from portal.domain.entry_form import EntryField
from portal.domain.licence_form import FormField, Typed
from saudi.text import fold_digits

# The staff type the number of the establishment: they act for none.
_TYPED_NUMBER = replace(
    next(one for one in licence_form.FIELDS if one.control == "establishments"),
    control="code",
    most=10,
)
# Part of the form, whose name begins its words, → its fields.
SECTIONS: Mapping[str, Sequence[FormField]] = {
    {"establishment": "firm"}.get(name, name): tuple(
        _TYPED_NUMBER if field.path == _TYPED_NUMBER.path else field for field in fields
    )
    for name, fields in licence_form.SECTIONS.items()
}
FIELDS = tuple(field for fields in SECTIONS.values() for field in fields)
REASON = (EntryField("reason", "text", 500),)
RENEWAL = (EntryField("years", "code", 1), EntryField("workers", "code", 6))
ADDRESS = (EntryField("url", "code", 512),)
_CORRECTABLE = frozenset(("returned", "waiting"))
_ENDED = frozenset(("issued", "refused", "withdrawn"))
_IN_LIFE = frozenset(("valid", "suspended"))


def known_values(application: Mapping[str, Any], places: Sequence[str]) -> Typed:
    """Returns what a correction begins with. The gateway shows no people as they were sent, so they are typed
    again."""
    details = application["details"] or {}
    sent = details.get("form") or {}
    form = {
        **sent,
        "kind": application["kind"],
        "activities": application["activities"],
        "workers": application["workers"],
        "establishment": {
            **(sent.get("establishment") or {}),
            "unified_number": application["establishment"],
            "trade_name": details.get("trade_name"),
        },
        "owner": {"name": (details.get("owner") or {}).get("name")},
        "place": {**(sent.get("place") or {}), **(details.get("place") or {})},
    }
    return licence_form.typed_of(form, places)


def filled_extent(application: Mapping[str, Any]) -> str:
    """Returns how much of a correction is filled in: `wholly` but for people, or `partly`. The gateway has the form of
    an application that was submitted there, and of no other."""
    return "wholly" if (application["details"] or {}).get("form") else "partly"


def reason_body(typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body of a withdrawal, or of a request to cancel a licence."""
    return {"reason": typed["reason"]}


def renewal_body(typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body of a renewal; what is no number goes as it is."""
    return {name: _number(typed[name]) for name in ("years", "workers") if typed[name]}


def _number(text: str) -> Any:
    digits = fold_digits(text)
    return int(digits) if digits.isascii() and digits.isdigit() else text


def is_correctable(application: Mapping[str, Any]) -> bool:
    """Returns whether the page offers a correction; the gateway decides."""
    return application["status"] in _CORRECTABLE and application["request"] == "issue"


def is_withdrawable(application: Mapping[str, Any]) -> bool:
    """Returns whether the page offers a withdrawal; the gateway decides."""
    return not obstacle_to_withdrawal(application)


def obstacle_to_withdrawal(application: Mapping[str, Any]) -> str:
    """Returns why the municipality can't withdraw the application: it has ended (`no_more`), or it came through
    another channel (`elsewhere`). Empty where it can."""
    if application["status"] in _ENDED:
        return "no_more"
    return "" if application["channel"] in (None, "partner") else "elsewhere"


def is_in_life(licence: Mapping[str, Any]) -> bool:
    """Returns whether the page offers a renewal and an end; the gateway decides."""
    return licence["status"] in _IN_LIFE
