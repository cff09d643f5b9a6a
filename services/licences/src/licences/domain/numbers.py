"""Numbers of applications and licences: plain digits: the Hijri year, the municipality in two digits, the place in the
series.

Each municipality draws from a series of its own, so that none waits for another one, and no number is given twice in
all of them. An application's number is a digit longer than a licence's of its year, and so isn't mistaken for it.
"""

APPLICATIONS, LICENCES = "application", "licence"
_WIDTH = {APPLICATIONS: 7, LICENCES: 6}
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
    """`144804000017`: the 17th licence that Saihat issued in 1448."""
    return f"{year}{MUNICIPALITY_DIGITS[municipality]}{number:0{_WIDTH[series]}}"
