"""The forms in which people of the desk look for permits and requests. Pure."""

from collections.abc import Mapping
from typing import Any

from portal.domain.inputs import read_input, read_inputs

FILTERS = ("permit_number", "request_number", "plan_number", "plot", "district")
PERSONAL = ("id_number", "name", "reason")
PAGE_ROWS = 20


def read_search(form: Mapping[str, str]) -> dict[str, str]:
    """Returns the inputs that were filled in. A number from the head of a page is a permit's if it has a stroke, as
    «1448/1312», and else Balady's request number."""
    typed = read_inputs(form, FILTERS)
    if number := read_input(form, "number"):
        typed["permit_number" if "/" in number else "request_number"] = number
    return {name: text for name, text in typed.items() if text}


def owner_search(typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body of a search for an owner. An empty field is left out, so that the service names it."""
    return {name: typed[name] for name in PERSONAL if typed[name]}
