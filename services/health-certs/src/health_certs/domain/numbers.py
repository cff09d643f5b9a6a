"""Numbers of requests and certificates: plain digits: the Hijri year, the municipality in two digits, a digit for the
series, the place in it.

Each municipality draws from a series of its own, so that none waits for another one. The digit of the series keeps the
numbers apart from each other, and from those of licences and their applications.
"""

from saudi.branches import DIGITS

REQUESTS, CERTIFICATES = "request", "certificate"
_DIGIT = {REQUESTS: "9", CERTIFICATES: "8"}


def number_text(series: str, municipality: str, year: int, number: int) -> str:
    """`1448048000017`: the 17th certificate that Saihat issued in 1448."""
    return f"{year}{DIGITS[municipality]}{_DIGIT[series]}{number:06}"
