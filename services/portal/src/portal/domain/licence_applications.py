"""Who acts next on an application for a licence, in the applicant's eyes. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

APPLICANT, OUTSIDE_BODY, MUNICIPALITY, NOBODY = "applicant", "outside_body", "municipality", "none"
ENDED = frozenset(("issued", "refused", "withdrawn"))
_BY_APPLICANT = frozenset(("returned", "awaiting_payment"))

Document = Mapping[str, Any]


def who_acts(application: Document) -> str:
    """Returns who acts next. While the applicant owes something the applicant acts, whoever is awaited besides: nobody
    waits for another body because of a number that the applicant hasn't given."""
    status = application["status"]
    if status in ENDED:
        return NOBODY
    if status in _BY_APPLICANT or missing_by(application, APPLICANT):
        return APPLICANT
    if status == "waiting" and missing_by(application, OUTSIDE_BODY):
        return OUTSIDE_BODY
    return MUNICIPALITY


def missing_by(application: Document, actor: str) -> Sequence[Document]:
    """Returns what the application lacks and the actor has to bring. A word of the open enum that isn't known counts as
    the municipality's."""
    known = (APPLICANT, OUTSIDE_BODY)
    return [
        one
        for one in application["missing"]
        if (one["by"] if one["by"] in known else MUNICIPALITY) == actor
    ]


def last_day(application: Document) -> str | None:
    """Returns the last day on which who acts next has time."""
    by_applicant = who_acts(application) == APPLICANT
    found: str | None = application["ends_on"] if by_applicant else application["review_until"]
    return found
