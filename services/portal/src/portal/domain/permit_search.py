"""The form in which the dispatcher searches for permits, and how it asks the gateway. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portal.domain.inputs import read_inputs
from saudi import Malformed
from saudi.days import parse_day
from saudi.ids import parse_civil_id
from saudi.mobiles import parse_mobile
from saudi.text import fold_digits

# The inputs that may stand in the address of a page.
FILTERS = (
    *("permit_number", "request_number", "plan_number", "plot", "town", "district"),
    *("issued_from", "issued_to", "kind", "status"),
)
# The inputs of a search for a person's permits. They stand in no address.
PERSONAL = ("owner_number", "purpose", "case_reference")
INPUTS = (*FILTERS, *PERSONAL)
_SELECTING = ("permit_number", "request_number", "plan_number", "issued_from", "owner_number")
PAGE_ROWS = 20
# A number of a person may have been typed into another field: an ID has 10 digits, a mobile 9 to 12.
_LONG_NUMBER = re.compile(r"(?:\d[ ./-]?){9,}")
# Numbers of papers may be as long as a number of a person: «1448/10000» has nine digits.
_NUMBERS_OF_PAPERS = ("permit_number", "request_number")
_OWNER_FIELD = {
    "7": "unified_number",
    "3": "border_number",
    "4": "border_number",
    "5": "border_number",
}
# The gateway's field → the input that it stands for.
INPUT_OF_FIELD = {
    **{name: name for name in (*FILTERS, "purpose", "case_reference")},
    **dict.fromkeys(("civil_id", "unified_number", "border_number"), "owner_number"),
}


def read_search(form: Mapping[str, str]) -> dict[str, str]:
    """Returns the inputs that were filled in."""
    typed = read_inputs(form, INPUTS)
    return {name: text for name, text in typed.items() if text}


def selects_nothing(search: Mapping[str, str]) -> bool:
    """Returns whether none of the four queries is asked: date range, plan, permit number, owner."""
    return not any(name in search for name in _SELECTING)


def may_stand_in_address(search: Mapping[str, str]) -> bool:
    """Returns whether an address may show the search: no number of a person is in it."""
    if any(name in search for name in ("owner_number", "case_reference")):
        return False
    return not any(_has_long_number(text) for text in search.values())


def misplaced_numbers(search: Mapping[str, str]) -> list[str]:
    """Returns the filters into which a person's number was typed. Such a search is refused before anything is asked,
    because the gateway gets filters in an address too. The number of a permit or a request may be long, so there only
    a well-formed ID or mobile counts."""
    return [
        name
        for name in FILTERS
        if (text := search.get(name)) and _has_long_number(text)
        if name not in _NUMBERS_OF_PAPERS or _is_persons_number(text)
    ]


def is_for_owner(search: Mapping[str, str]) -> bool:
    """Returns whether the search is for the permits of an owner."""
    return "owner_number" in search


def gateway_query(search: Mapping[str, str]) -> dict[str, str]:
    """Returns the gateway's filters of a search. The last day of a range belongs to it here, not at the gateway."""
    query = {name: search[name] for name in FILTERS if name in search}
    if "issued_to" in query:
        query["issued_to"] = _day_after(query["issued_to"])
    return query


def gateway_search(search: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body of a search for an owner's permits. The first digit says which kind of number it is."""
    number = search["owner_number"]
    field = _OWNER_FIELD.get(fold_digits(number)[:1], "civil_id")
    given = {name: search[name] for name in ("purpose", "case_reference") if name in search}
    if "case_reference" in given:  # the gateway takes ASCII digits alone
        given["case_reference"] = fold_digits(given["case_reference"])
    return {**gateway_query(search), field: number, **given}


def _has_long_number(text: str) -> bool:
    return _LONG_NUMBER.search(_without_format_signs(text)) is not None


def _is_persons_number(text: str) -> bool:
    for parse in (parse_civil_id, parse_mobile):
        try:
            parse(_without_format_signs(text))
        except Malformed:
            continue
        return True
    return False


def _without_format_signs(text: str) -> str:
    """Signs without a width split no number."""
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


def _day_after(text: str) -> str:
    """A day that can't be read goes to the gateway as it was typed: its refusal says what is wrong."""
    try:
        return (parse_day(text) + timedelta(days=1)).isoformat()
    except (Malformed, OverflowError):
        return text
