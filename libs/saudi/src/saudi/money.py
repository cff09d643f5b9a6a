"""Money in halalas. 100 halalas are a riyal. Amounts are whole numbers: no rounding, no float."""

from typing import Literal

from saudi.malformed import Malformed
from saudi.measures import parse_decimal

Halalas = int
_TOO_MUCH = 10**12  # the whole state's budget; a column holds a hundred thousand times as much


def parse_riyals(text: str) -> Halalas:
    """`1,250.50`, `١٬٢٥٠٫٥٠` and `1250.5` → 125050. Raises Malformed: `too-long`, `number`, `positive`, `maximum`,
    `decimals`."""
    amount = parse_decimal(text)
    if amount < 0:
        raise Malformed("positive")
    if amount >= _TOO_MUCH:
        raise Malformed("maximum", limit=f"{_TOO_MUCH - 1}.99")
    if amount * 100 % 1:
        raise Malformed("decimals")
    return int(amount * 100)


def riyals(halalas: Halalas) -> str:
    """125050 → `1250.50`, as contracts carry amounts."""
    sign, amount = ("-" if halalas < 0 else ""), abs(halalas)
    return f"{sign}{amount // 100}.{amount % 100:02}"


def grouped_riyals(halalas: Halalas) -> str:
    """125050 → `1,250.50`, as people read amounts."""
    sign, amount = ("-" if halalas < 0 else ""), abs(halalas)
    return f"{sign}{amount // 100:,}.{amount % 100:02}"


def riyal_words(halalas: Halalas, language: Literal["ar", "en"] = "ar") -> str:
    """125050 → «1,250.50 ريال» or `SAR 1,250.50`."""
    number = grouped_riyals(halalas)
    return f"{number} ريال" if language == "ar" else f"SAR {number}"
