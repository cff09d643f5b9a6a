"""The months of the month table, in either calendar."""

import re
from calendar import monthrange
from datetime import date

from chassis.core.refusals import InvalidFields
from saudi.days import hijri_month
from saudi.malformed import Malformed
from saudi.text import fold_digits

_HIJRI = range(1300, 1501)  # a year of these is Hijri, as everywhere


def month_days(text: str) -> tuple[date, date]:
    """Returns the first and the last day of `2026-11`, or of `1448/06` of Umm al-Qura, in any digits. Raises
    InvalidFields."""
    found = re.fullmatch(r"([0-9]{4})[-/]([0-9]{2})", fold_digits(text))
    if found is None:
        raise InvalidFields.of("month", "month")
    year, month = int(found[1]), int(found[2])
    try:
        if year in _HIJRI:
            return hijri_month(year, month)
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    except (Malformed, ValueError):
        raise InvalidFields.of("month", "month") from None
