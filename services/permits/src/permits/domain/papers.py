"""Papers that a kind of request asks for: which are missing, and when one may be recorded."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from chassis.core.refusals import Findings, IllegalTransition, InvalidFields
from permits.domain.requests import ENDS, Status

PAPER_MISSING = "paper-missing"

Needed = Iterable[Mapping[str, str]]


def missing(needed: Needed, handed_in: Collection[str]) -> list[Mapping[str, str]]:
    """Those of the needed papers that nobody recorded, in the order of the list."""
    return [paper for paper in needed if paper["code"] not in handed_in]


def require_open(status: str, action: str) -> None:
    """Papers come and go until the request has ended. Raises IllegalTransition."""
    if Status(status) in ENDS:
        raise IllegalTransition(action, status)


def require_handed_in(code: str | None, handed_in: Collection[str]) -> None:
    """Before a file of it is attached. Raises InvalidFields."""
    if code not in handed_in:
        raise InvalidFields.of("code", "paper-not-handed-in")


def check_handed_in(code: str, on: date, needed: Needed, *, today: date) -> None:
    """Raises InvalidFields for a paper that the kind doesn't ask for, and for a day that's still to come."""
    findings = Findings()
    known = {paper["code"] for paper in needed}
    findings.fault("code", None if code in known else "paper-not-needed")
    findings.fault("handed_in_on", "future-date" if on > today else None)
    findings.settle()
