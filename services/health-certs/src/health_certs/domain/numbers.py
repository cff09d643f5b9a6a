"""Numbers of requests and certificates: plain digits: the Hijri year, the municipality in two digits, a digit for the
series, the place in it.

Each municipality draws from a series of its own, so that none waits for another one. The digit of the series keeps the
numbers apart from each other, and from those of licences and their applications.
"""

REQUESTS, CERTIFICATES = "request", "certificate"
_DIGIT = {REQUESTS: "9", CERTIFICATES: "8"}
# In the order in which the municipalities joined; a later one gets the next number, and no number moves.
MUNICIPALITY_DIGITS = {
    "qatif": "01",
    "central-qatif": "02",
    "safwa": "03",
    "saihat": "04",
    "tarout": "05",
    "anak": "06",
    "qudaih": "07",
    "awamiyah": "08",
    "jaroudiyah": "09",
    "umm-al-hamam": "10",
}


def number_text(series: str, municipality: str, year: int, number: int) -> str:
    """`1448048000017`: the 17th certificate that Saihat issued in 1448."""
    return f"{year}{MUNICIPALITY_DIGITS[municipality]}{_DIGIT[series]}{number:06}"
