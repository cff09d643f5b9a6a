"""The National Address: short address and postal code."""

import re

from saudi.malformed import Malformed
from saudi.text import compact


def parse_short_address(text: str) -> str:
    """Four letters and the four digits of the building (العنوان المختصر): `eqtb 1234` → `EQTB1234`.

    Raises Malformed: `short-address`.
    """
    address = compact(text).upper()
    if not re.fullmatch(r"[A-Z]{4}[0-9]{4}", address):
        raise Malformed("short-address")
    return address


def building_number(short_address: str) -> str:
    """`EQTB1234` → `1234`."""
    return short_address[4:]


def parse_postal_code(text: str) -> str:
    """Five digits. Raises Malformed: `postal-code`."""
    code = compact(text)
    if not re.fullmatch(r"[0-9]{5}", code):
        raise Malformed("postal-code")
    return code


def in_eastern_region(postal_code: str) -> bool:
    """Returns whether a postal code looks like one of the Eastern Region; another is worth a warning."""
    return postal_code.startswith("3")
