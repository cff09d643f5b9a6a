"""Numbers with decimals: areas, lengths, amounts as people write them."""

import re
from decimal import Decimal

from saudi.malformed import Malformed
from saudi.text import compact

_DECIMAL = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:[,٬][0-9]{3})+)(?:[.][0-9]+)?")


_MOST_SIGNS = 20  # Decimal counts exactly with 28 digits


def parse_decimal(text: str) -> Decimal:
    """`1,250.50` and `١٬٢٥٠٫٥٠` → 1250.50. Raises Malformed: `too-long`, `number`."""
    written = compact(text)
    if len(written) > _MOST_SIGNS:
        raise Malformed("too-long", limit=_MOST_SIGNS)
    if not _DECIMAL.fullmatch(written):
        raise Malformed("number")
    return Decimal(written.replace(",", "").replace("٬", ""))


def parse_measure(value: float | str, *, zero: bool = False) -> Decimal:
    """Reads an area or a length in metres: more than nothing unless `zero`, two decimals at the most.

    Raises Malformed: `too-long`, `number`, `positive`, `decimals`.
    """
    number = parse_decimal(value) if isinstance(value, str) else Decimal(str(value))
    if number < 0 or (number == 0 and not zero):
        raise Malformed("positive")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -2:
        raise Malformed("decimals")
    return number
