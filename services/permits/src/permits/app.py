"""The composition root of the service."""

from collections.abc import Iterable
from typing import Any

from chassis.service import Service
from permits import queries, sample
from permits.consumers import HANDLERS
from permits.settings import Settings
from saudi.formats import FORMATS


def _rest(body: dict[str, Any]) -> Iterable[Any]:
    from permits.domain import incomplete

    return incomplete.faults(body)


SERVICE = Service(
    name="permits",
    package="permits",
    settings=Settings,
    api=[
        "permits.api.certificates",
        "permits.api.permits",
        "permits.api.requests",
    ],
    handlers=HANDLERS,
    commands=[sample.command],
    numbers={
        "permit": queries.numbered_permits,
        "insulation": lambda: queries.numbered_certificates("insulation"),
        "completion": lambda: queries.numbered_certificates("completion"),
    },
    formats=FORMATS,
    rules={"submit_permit_request": _rest, "resubmit_permit_request": _rest},
)
