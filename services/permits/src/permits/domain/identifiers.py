"""Numbers as people write them: identities, deeds, plan numbers, coordinates, areas.

A `…_fault` function answers None when the value is right, else the stable code of what's wrong.
"""

import re
from decimal import Decimal

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
# Tatweel, zero-width and bidirectional marks come in with copied text and mean nothing.
_NOISE = dict.fromkeys(
    map(ord, "\u0640\u200b\u200c\u200d\u200e\u200f\u061c\u2066\u2067\u2068\u2069\ufeff")
)

_FIRST_DIGIT = {"national_id": "1", "iqama": "2", "border_number": "345", "unified_number": "7"}
_WITH_CHECK_DIGIT = {"national_id", "iqama"}
_DEED_DIGITS = {"electronic": 12, "registry": 16}
PLAN_NUMBER_LENGTH = 20

# Soft bounds of the governorate, WGS84 degrees: a point outside is probably a typing error, and
# sometimes isn't.
SOUTH, NORTH, WEST, EAST = 26.40, 26.75, 49.80, 50.15


def fold_digits(text: str) -> str:
    """Arabic-Indic and Persian digits become ASCII. Python's own \\d and int() accept them
    unfolded."""
    return text.translate(_DIGITS)


def tidy(text: str) -> str:
    """Folded digits, no invisible marks or tatweel, single spaces, none at the ends."""
    return " ".join(fold_digits(text).translate(_NOISE).split())


def passes_luhn(number: str) -> bool:
    """Luhn's check of ASCII digits. It finds typing errors, and proves no identity."""
    total = 0
    for position, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def identity_fault(id_type: str, number: str) -> str | None:
    """National ID begins with 1, iqama with 2, both with Luhn's check digit; border numbers with 3
    to 5 and unified numbers with 7 have none. Takes folded digits."""
    if not re.fullmatch(r"[0-9]*", number):
        return "digits"
    if len(number) != 10:
        return "length"
    if number[0] not in _FIRST_DIGIT[id_type]:
        return "prefix"
    if id_type in _WITH_CHECK_DIGIT and not passes_luhn(number):
        return "check-digit"
    return None


def masked_identity(number: str) -> str:
    """`1000000008` → `10******08`: enough to recognise a number that one has, no more."""
    return number[:2] + "*" * max(0, len(number) - 4) + number[-2:]


def masked_mobile(number: str) -> str:
    """`+966501234567` → `+966******567`."""
    return number[:4] + "*" * max(0, len(number) - 7) + number[-3:]


def deed_number_fault(deed_type: str, number: str) -> str | None:
    """Electronic deeds have 12 digits, those of the Real-Estate Registry 16; an old paper deed any
    text."""
    length = _DEED_DIGITS.get(deed_type)
    if length is None:
        return None if number else "required"
    if not re.fullmatch(r"[0-9]+", number):
        return "digits"
    return None if len(number) == length else "length"


def plan_key(plan_number: str) -> str:
    """The spelling that plan numbers are compared by: `٤٢٢ / ٣ ج` → `422/3 ج`."""
    return re.sub(r" ?/ ?", "/", tidy(plan_number))


def plan_number_fault(plan_number: str) -> str | None:
    """Free text of up to 20 characters: digits, slash, letter, or words such as بدون مخطط."""
    key = plan_key(plan_number)
    if not key:
        return "required"
    return "too-long" if len(key) > PLAN_NUMBER_LENGTH else None


def coordinates_fault(latitude: float, longitude: float) -> str | None:
    """Everywhere in the Kingdom the latitude is the smaller number, so a swapped pair shows."""
    return "coordinates-swapped" if latitude >= longitude else None


def outside_governorate(latitude: float, longitude: float) -> bool:
    """Whether a point lies outside the soft bounds."""
    return not (SOUTH <= latitude <= NORTH and WEST <= longitude <= EAST)


def measure_fault(value: float, *, zero: bool = False) -> str | None:
    """An area or a length: more than nothing unless `zero`, two decimals at the most."""
    number = Decimal(str(value))
    if number < 0 or (number == 0 and not zero):
        return "positive"
    exponent = number.normalize().as_tuple().exponent
    return "decimals" if isinstance(exponent, int) and exponent < -2 else None
