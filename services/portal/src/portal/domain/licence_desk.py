"""The desk for licences: its lists, and which number a person typed. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from saudi.text import fold_digits

PATH = "/desk/licences"
APPLICATIONS, HELD, VIOLATIONS = f"{PATH}/applications", f"{PATH}/held", f"{PATH}/violations"
PAGE_ROWS = 20
# The Hijri year, two digits of the municipality, and six digits of a licence or seven of an application. No identity
# number and no mobile is as long.
_LICENCE, _APPLICATION = re.compile(r"1[0-9]{11}"), re.compile(r"1[0-9]{12}")
_SIGNS = re.compile(r"[\s\u200e\u200f\u2066-\u2069-]")


@dataclass(frozen=True)
class Queue:
    """A list of work. `views`: view → what the service is asked for; the first view is shown without a choice.
    `is_counted`: the service says how many things each view has."""

    name: str
    address: str
    path: str
    views: Mapping[str, Mapping[str, Any]]
    is_counted: bool = False


_DUE_FIRST = {"order": "review_until"}
APPLICATION_QUEUE = Queue(
    "applications",
    PATH,
    "/v1/licence-applications",
    {
        "mine": {"statuses": ["in_review"], **_DUE_FIRST},
        "overdue": {"overdue": "true", **_DUE_FIRST},
        "inspection": {"statuses": ["inspection"], **_DUE_FIRST},
        "facts": {"statuses": ["submitted", "waiting"]},
        "applicant": {"statuses": ["returned", "awaiting_payment"]},
        "decided": {"statuses": ["issued", "refused", "withdrawn"]},
    },
    is_counted=True,
)
_VIOLATION_STATES = (
    *("objected", "observed", "warned", "confirmed", "unpaid", "upheld", "reduced"),
    *("judicial", "paid"),
)
VIOLATION_QUEUE = Queue(
    "violations",
    VIOLATIONS,
    "/v1/violations",
    {
        "objected": {"status": "objected"},
        "overdue": {"overdue": "true"},
        **{one: {"status": one} for one in _VIOLATION_STATES[1:]},
        "all": {},
    },
)


def queue_filters(queue: Queue, view: str, branch: str) -> dict[str, Any]:
    """Returns the filters for the service."""
    counts = {"with_counts": "true"} if queue.is_counted else {}
    return {**queue.views[view], **({"municipality": branch} if branch else {}), **counts}


def licence_number(typed: str) -> str | None:
    """Returns a licence's number as the service writes it; None for anything else, such as an identity number."""
    digits = _digits(typed)
    return digits if _LICENCE.fullmatch(digits) else None


def application_number(typed: str) -> str | None:
    """Returns an application's number as the service writes it; None for anything else."""
    digits = _digits(typed)
    return digits if _APPLICATION.fullmatch(digits) else None


def _digits(typed: str) -> str:
    return _SIGNS.sub("", fold_digits(typed))
