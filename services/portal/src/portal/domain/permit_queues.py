"""The lists of work of the desk for permits: what each list asks the service for. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PAGE_ROWS = 20
_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Queue:
    """A list of work. `kind`: of the things in the list; `views`: view → what the service is asked for; the first view
    is shown without a choice. `is_counted`: the service says how many things each view has."""

    name: str
    path: str
    kind: str
    views: Mapping[str, Mapping[str, Any]]
    is_counted: bool = False

    @property
    def first_view(self) -> str:
        return next(iter(self.views))


def _by_status(*statuses: str) -> dict[str, Mapping[str, Any]]:
    return {**{status: {"status": status} for status in statuses}, "all": {}}


QUEUES: Mapping[str, Queue] = {
    queue.name: queue
    for queue in (
        Queue(
            "requests",
            "/v1/permit-requests",
            "requests",
            _by_status(
                *("municipality_review", "technical_review", "approved", "paid"),
                *("awaiting_payment", "returned", "with_office", "draft", "rejected"),
            ),
            is_counted=True,
        ),
        Queue("occupancy", "/v1/occupancy-certificates", "certificates", {"pending": {}}),
        Queue(
            "releases",
            "/v1/electricity-releases",
            "releases",
            {
                "flagged": {"flagged": "true"},
                **_by_status(
                    *("insulation_ok", "site_inspection", "occupancy_issued", "permit_checked"),
                    *("partial_release_approved", "full_release_approved", "returned"),
                    *("disconnection_requested", "disconnected"),
                ),
            },
        ),
        Queue(
            "appeals",
            "/v1/appeals",
            "appeals",
            {
                "received": {"status": "received"},
                "overdue": {"overdue": "true"},
                "accepted": {"status": "accepted"},
                "rejected": {"status": "rejected"},
                "all": {},
            },
        ),
    )
}


def view_of(queue: Queue, query: Mapping[str, str]) -> str:
    """Returns the view that an address names; the first view for any other name."""
    named = query.get("view", queue.first_view)
    return named if named in queue.views else queue.first_view


def branch_of(query: Mapping[str, str]) -> str:
    """Returns the branch of an address; a value that is no code is left out: it's asked nowhere."""
    named = query.get("municipality", "")
    return named if _CODE.fullmatch(named) else ""


def queue_query(queue: Queue, view: str, branch: str) -> dict[str, Any]:
    """Returns the parameters for the service."""
    filters = {"municipality": branch} if branch else {}
    counts = {"with_counts": "true"} if queue.is_counted else {}
    return {**queue.views[view], **filters, **counts, "limit": PAGE_ROWS}
