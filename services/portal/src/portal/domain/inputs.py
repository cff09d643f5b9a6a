"""Reads the text inputs of a form or an address. Pure."""

from collections.abc import Iterable, Mapping


def read_inputs(form: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Returns what was typed into each input; an input that isn't there is empty."""
    return {name: read_input(form, name) for name in names}


def read_input(form: Mapping[str, str], name: str) -> str:
    """Returns what was typed into an input."""
    return trim(form.get(name, ""))


def read_whole_number(text: str, most_digits: int = 9) -> int | None:
    """Returns the number that a hidden input names; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= most_digits else None


def trim(text: str) -> str:
    """Returns a text without blanks around it. A browser ends a line with two signs; the services count one."""
    return text.replace("\r\n", "\n").strip()
