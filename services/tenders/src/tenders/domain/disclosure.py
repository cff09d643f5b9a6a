"""What may be told to whom, and when.

| fact | when everybody reads it | before that |
|---|---|---|
| a draft | when it is published | officers of the municipality |
| the estimate, the least rent | with the award | who prepares |
| how many bids | after the opening | who receives or opens |
| who handed in | the winner with the award, the others never | nobody before the opening, then officers |
| a question | with its answer | officers, without the asker, who is recorded nowhere |
| who follows | never | nobody |
"""

import re
from collections.abc import Callable, Collection
from datetime import datetime

from chassis.core.refusals import Findings
from saudi.ids import parse_civil_id
from saudi.malformed import Malformed
from saudi.mobiles import parse_mobile
from saudi.text import fold_digits, without_marks

PREPARE, RECEIVE, OPEN = "tenders.prepare", "tenders.receive", "tenders.open"
_PARTED = r"(?:[^\S\r\n]|[./-]){0,6}"  # between two digits of a number; two lines are two numbers
# Looks ahead, so that a number is found that begins within another one.
_ID_NUMBER = re.compile(rf"(?<![0-9])(?=([12](?:{_PARTED}[0-9]){{9}})(?![0-9]))")
_MOBILE = re.compile(
    rf"(?<![0-9+])(?=((?:\+?966|00966|0){_PARTED}5(?:{_PARTED}[0-9]){{8}})(?![0-9]))"
)
_DAY = r"(?:[0-9]{4}([./-])[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}([./-])[0-9]{1,2}\2[0-9]{4})"
_DATE = re.compile(rf"(?<![0-9./-]){_DAY}(?![0-9])")
_YEARS = (range(1300, 1501), range(1900, 2101))


def shows_estimate(awarded_at: datetime | None, scopes: Collection[str] = ()) -> bool:
    """Returns whether the estimate is told: to everybody with the award, before that to those who prepare."""
    return awarded_at is not None or PREPARE in scopes


def shows_receipts(opened_at: datetime | None, scopes: Collection[str]) -> bool:
    """Returns whether an officer reads which bids came: every officer after the opening, before that those who receive
    or open. A receipt names no bidder."""
    return opened_at is not None or bool({RECEIVE, OPEN} & set(scopes))


def person_faults(findings: Findings, **texts: str) -> None:
    """Notes texts that hold the number of a person. What is published, and what stays, names no person."""
    for name, text in texts.items():
        if holds_number_of_person(text):
            findings.fault(name.replace("__", "."), "names-a-person")


def holds_number_of_person(text: str) -> bool:
    """Returns whether a text holds an identity number with the right check digit, or a mobile, however the digits are
    parted. A date is neither, also beside an hour or another number."""
    words = _DATE.sub(_without_date, fold_digits(without_marks(text)))
    return any(
        _parses(parse, re.sub("[^0-9+]", "", found[1]))
        for pattern, parse in ((_ID_NUMBER, parse_civil_id), (_MOBILE, parse_mobile))
        for found in pattern.finditer(words)
    )


def _without_date(found: re.Match[str]) -> str:
    return ";" if _is_date(found[0]) else found[0]


def _is_date(written: str) -> bool:
    """Returns whether three numbers are a day of either calendar, the year first or last."""
    parts = [int(one) for one in re.findall("[0-9]+", written)]
    year, month, day = parts if parts[0] > 31 else reversed(parts)
    return any(year in years for years in _YEARS) and 1 <= month <= 12 and 1 <= day <= 31


def _parses(parse: Callable[[str], str], digits: str) -> bool:
    try:
        parse(digits)
    except Malformed:
        return False
    return True
