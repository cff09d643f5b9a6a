"""Names what a bill is for: `طلب الرخصة 1448030000054`. A payer with several bills tells them apart by it."""

from collections.abc import Mapping
from typing import Any

from notify.domain.languages import stand_in

BOOKLET = "lease_booklet"
# By the type of the invoice's subject, in Arabic and English.
_NAMES: Mapping[str, tuple[str, str]] = {
    "licence_application": ("طلب الرخصة", "licence application"),
    "violation": ("المخالفة", "violation"),
    "permit_request": ("طلب رخصة البناء", "building permit request"),
    "health_request": ("طلب الشهادة الصحية", "health certificate request"),
    BOOKLET: ("كراسة شروط مزايدة", "the booklet of a lease"),
}
_ANY = ("معاملتكم", "your request")


def about_of_bill(subject: Any, about: str) -> str:
    """Returns what a text about a bill is about: the bill, or the booklet of a lease. Officers read no text about a
    booklet: who bought it will bid."""
    return BOOKLET if _facts_of(subject).get("type") == BOOKLET else about


def name_thing(subject: Any, language: str) -> str:
    """Returns the name and the number of an invoice's subject; a general word for a type that isn't known."""
    known = _facts_of(subject)
    name = _NAMES.get(known.get("type", ""), _ANY)[0 if stand_in(language) == "ar" else 1]
    return f"{name} {known['number']}" if known.get("number") else name


def _facts_of(subject: Any) -> Mapping[str, Any]:
    return subject if isinstance(subject, Mapping) else {}
