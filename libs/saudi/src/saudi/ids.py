"""Identity numbers of people and establishments: ten digits each, told apart by the first.

A check digit finds typing errors and proves no identity: it can't see that 09 and 90 were swapped.
"""

import re
from enum import StrEnum

from saudi.malformed import Malformed
from saudi.text import compact


class IdType(StrEnum):
    """National ID (هوية وطنية), iqama (هوية مقيم), border number (رقم الحدود), unified national
    number of an establishment (الرقم الموحد)."""

    NATIONAL_ID = "national_id"
    IQAMA = "iqama"
    BORDER_NUMBER = "border_number"
    UNIFIED_NUMBER = "unified_number"


LENGTH = 10
_FIRST_DIGIT = {
    IdType.NATIONAL_ID: "1",
    IdType.IQAMA: "2",
    IdType.BORDER_NUMBER: "345",
    IdType.UNIFIED_NUMBER: "7",
}
_WITH_CHECK_DIGIT = {IdType.NATIONAL_ID, IdType.IQAMA}


def parse_id(id_type: str, text: str) -> str:
    """Ten ASCII digits. Raises Malformed: `digits`, `length`, `prefix` or `check-digit`; border and
    unified numbers have no check digit."""
    kind, number = IdType(id_type), compact(text)
    if not re.fullmatch(r"[0-9]*", number):
        raise Malformed("digits")
    if len(number) != LENGTH:
        raise Malformed("length", limit=LENGTH)
    if number[0] not in _FIRST_DIGIT[kind]:
        raise Malformed("prefix")
    if kind in _WITH_CHECK_DIGIT and not passes_luhn(number):
        raise Malformed("check-digit")
    return number


def parse_civil_id(text: str) -> str:
    """Reads a national ID or an iqama, whichever it is. Raises Malformed: `civil-id` or `check-digit`."""
    number = compact(text)
    if not re.fullmatch(r"[12][0-9]{9}", number):
        raise Malformed("civil-id")
    if not passes_luhn(number):
        raise Malformed("check-digit")
    return number


def passes_luhn(number: str) -> bool:
    """Luhn's check of ASCII digits."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def with_check_digit(nine_digits: str) -> str:
    """Returns the number that Luhn's check passes: `100000000` → `1000000008`, for sample data."""
    return next(number for digit in "0123456789" if passes_luhn(number := f"{nine_digits}{digit}"))


def mask_id(number: str) -> str:
    """`1000000008` → `10******08`: enough to recognise a number that one has, no more."""
    return number[:2] + "*" * max(0, len(number) - 4) + number[-2:]
