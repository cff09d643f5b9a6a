"""Numbers of applications and licences: plain digits: the Hijri year, the municipality in two digits, the place in the
series.

Each municipality draws from a series of its own, so that none waits for another one, and no number is given twice in
all of them. An application's number is a digit longer than a licence's of its year, and so isn't mistaken for it.
"""

from saudi.branches import DIGITS

APPLICATIONS, LICENCES = "application", "licence"
_WIDTH = {APPLICATIONS: 7, LICENCES: 6}


def number_text(series: str, municipality: str, year: int, number: int) -> str:
    """`144804000017`: the 17th licence that Saihat issued in 1448."""
    return f"{year}{DIGITS[municipality]}{number:0{_WIDTH[series]}}"
