"""What may be told to whom, and when.

| fact | when everybody reads it | before that |
|---|---|---|
| a draft | when it is published | officers of the municipality |
| the estimate, the least rent | with the award | who prepares |
| how many bids | after the opening | who receives or opens |
| who handed in | the winner with the award, the others never | nobody before the opening, then officers |
| a question | with its answer | officers, without the asker, who is recorded nowhere |
| who follows | never | nobody |
| who bought a booklet | never | nobody before the opening, then officers who open |
| where a booklet is | never | who prepares, and who bought |
"""

import re
from collections.abc import Collection
from datetime import datetime

from chassis.core.refusals import Findings
from saudi.person_numbers import holds_number_of_person
from saudi.text import fold_digits

PREPARE, RECEIVE, OPEN = "tenders.prepare", "tenders.receive", "tenders.open"
_SHAPE_OF_ID = re.compile("[12][0-9]{9}")


def shows_estimate(awarded_at: datetime | None, scopes: Collection[str] = ()) -> bool:
    """Returns whether the estimate is told: to everybody with the award, before that to those who prepare."""
    return awarded_at is not None or PREPARE in scopes


def shows_booklet(scopes: Collection[str]) -> bool:
    """Returns whether an officer reads where the booklet is that the municipality sells."""
    return PREPARE in scopes


def shows_receipts(opened_at: datetime | None, scopes: Collection[str]) -> bool:
    """Returns whether an officer reads which bids came: every officer after the opening, before that those who receive
    or open. A receipt names no bidder."""
    return opened_at is not None or bool({RECEIVE, OPEN} & set(scopes))


def fault_person_numbers(findings: Findings, **texts: str) -> None:
    """Notes texts that hold the number of a person. What is published, and what stays, names no person."""
    for name, text in texts.items():
        if holds_number_of_person(text):
            findings.fault(name.replace("__", "."), "names-a-person")


def fault_series_numbers(findings: Findings, **numbers: str) -> None:
    """Notes numbers of a contract or of a platform that hold the number of a person. A whole number of ten digits
    passes: one in ten has the check digit of an identity number by chance."""
    texts = {
        name: number
        for name, number in numbers.items()
        if not _SHAPE_OF_ID.fullmatch(fold_digits(number.strip()))
    }
    fault_person_numbers(findings, **texts)
