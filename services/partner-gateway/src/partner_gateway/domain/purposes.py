"""What a search by an owner's number may be for: a grant names some; an establishment's number has its own."""

from collections.abc import Iterable, Mapping
from typing import Any

CIVIL_ID, UNIFIED_NUMBER, BORDER_NUMBER = "civil-id", "unified-number", "border-number"
OF_PERSONS = (CIVIL_ID, BORDER_NUMBER)
# Those that exist so far, in the words that the company's staff choose from. Another code that a grant names is for
# persons, and shows itself.
TITLES: Mapping[str, Mapping[str, str]] = {
    "meter-connection": {"ar": "إيصال عداد", "en": "Connecting a meter"},
    "energisation": {"ar": "إطلاق التيار", "en": "Energising a building"},
    "insulation-follow-up": {"ar": "متابعة العزل الحراري", "en": "Following up insulation"},
    "establishment-connection": {"ar": "إيصال الخدمة لمنشأة", "en": "Connecting an establishment"},
}
_OF_ESTABLISHMENTS = frozenset(("establishment-connection",))


def searches_of(purpose: str) -> tuple[str, ...]:
    """The kinds of number that may be searched for the purpose."""
    return (UNIFIED_NUMBER,) if purpose in _OF_ESTABLISHMENTS else OF_PERSONS


def allowed(granted: Iterable[str], search: str) -> list[str]:
    """The granted purposes that a kind of number may be searched for."""
    return sorted(one for one in granted if search in searches_of(one))


def listed(granted: Iterable[str], kinds: Iterable[str]) -> list[dict[str, Any]]:
    """The granted purposes with their words, and the granted searches that each is for."""
    return [
        {
            "purpose": one,
            "title": TITLES.get(one, {"ar": one, "en": one}),
            "searches": [kind for kind in searches_of(one) if kind in set(kinds)],
        }
        for one in sorted(granted)
    ]
