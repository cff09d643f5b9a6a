"""Numbers of establishments besides the unified national number, which `saudi.ids` has."""

import re

from saudi.malformed import Malformed
from saudi.text import compact


def parse_commercial_register(text: str) -> str:
    """Reads a number of the old commercial register (السجل التجاري): ten digits that don't begin with 7.

    Since the unified number replaced it none is given out; ask for it nowhere. Raises Malformed:
    `digits`, `length`, `prefix`.
    """
    number = _digits(text, 10)
    if number.startswith("7"):
        raise Malformed("prefix")
    return number


def _digits(text: str, length: int) -> str:
    number = compact(text)
    if not re.fullmatch(r"[0-9]*", number):
        raise Malformed("digits")
    if len(number) != length:
        raise Malformed("length", limit=length)
    return number
