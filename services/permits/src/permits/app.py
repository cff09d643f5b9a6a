"""The composition root of the service."""

from collections.abc import Iterable
from typing import Any

from chassis.data.deadlines import Deadline
from chassis.service import Service
from permits import queries, sample
from permits.commands import occupancy
from permits.consumers import HANDLERS
from permits.context import Context
from permits.settings import Settings
from saudi.formats import FORMATS


def _rest(body: dict[str, Any]) -> Iterable[Any]:
    from permits.domain import incomplete

    return incomplete.faults(body)


def _undecided(context: Context, deadline: Deadline) -> None:
    occupancy.note_overdue(context.session, deadline.aggregate_id, now=context.now)


SERVICE = Service(
    name="permits",
    package="permits",
    settings=Settings,
    api=[
        "permits.api.certificates",
        "permits.api.occupancy",
        "permits.api.permits",
        "permits.api.releases",
        "permits.api.requests",
    ],
    handlers=HANDLERS,
    commands=[sample.command],
    numbers={
        "permit": queries.numbered_permits,
        "insulation": lambda: queries.numbered_certificates("insulation"),
        "completion": lambda: queries.numbered_certificates("completion"),
        "occupancy": lambda: queries.numbered_certificates("occupancy"),
        "release": queries.numbered_releases,
    },
    deadlines={occupancy.DECISION: _undecided},
    formats=FORMATS,
    rules={"submit_permit_request": _rest, "resubmit_permit_request": _rest},
)
