"""Reads the text inputs of a form or an address. Pure."""

import re
from collections.abc import Iterable, Mapping

from saudi import Malformed
from saudi.mobiles import parse_mobile

_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def read_inputs(form: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Returns what was typed into each input; an input that isn't there is empty."""
    return {name: read_input(form, name) for name in names}


def read_input(form: Mapping[str, str], name: str) -> str:
    """Returns what was typed into an input."""
    return tidy_input(name, form.get(name, ""))


def tidy_input(name: str, text: str) -> str:
    """Returns the text as the services take it: without blanks around it, and a mobile as 0501234567. People write
    mobiles with spaces, with +966 and in Arabic digits. Any other number stays, so that the service says what's wrong.
    """
    tidied = trim(text)
    if name.rpartition("-")[2] != "mobile":
        return tidied
    try:
        return "0" + parse_mobile(tidied).removeprefix("+966")
    except Malformed:
        return tidied


def is_id(text: str) -> bool:
    """Returns whether a text is an id as the services write them."""
    return _ID.fullmatch(text) is not None


def read_whole_number(text: str, most_digits: int = 9) -> int | None:
    """Returns the number that a hidden input names; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= most_digits else None


def trim(text: str) -> str:
    """Returns a text without blanks around it. A browser ends a line with two signs; the services count one."""
    return text.replace("\r\n", "\n").strip()
