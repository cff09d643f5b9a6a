"""The signed document of a permit: when there is one, and what it says: what a paper permit shows and is kept here.

Owners' numbers are masked in it as in every answer: to see a whole one is an act of its own, which is recorded.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.core.refusals import Conflict
from permits.domain.land import published_land
from permits.domain.older import Origin
from permits.domain.permits import EXPIRED, STATUS_TITLES, Status
from saudi.ids import mask_id

# As a document's code names the kind. Numbers of one origin may be those of another, so each has a kind of its own.
PERMIT_KINDS = {
    Origin.SYSTEM: "building_permit",
    Origin.BALADY: "balady_building_permit",
    Origin.PAPER: "paper_building_permit",
}
# A finished building's permit has done its work, and is no worse for it.
STANDS = frozenset((Status.COMPLETED.value,))
_PERMIT = (
    *("permit_number", "municipality", "origin", "kind", "works", "use_class"),
    *("issued_on", "expires_on", "request_number", "transaction_number", "predecessor", "source"),
    *("land", "building", "representative", "engineering_office", "supervising_office"),
    *("contractor", "site", "clearances", "remarks", "insulation_pledge"),
)
_OWNER = ("name", "owner_type", "id_type", "share")
_FIRST, _LAST = date(2000, 1, 2), date(2178, 12, 31)  # the days that every code holds


Record = Mapping[str, Any]


class PermitNotInForce(Conflict):
    """Only a permit in force, or one that expired and may be renewed, has a document."""

    problem = "permit-not-in-force"

    def __init__(self, status: str) -> None:
        ar, en = STATUS_TITLES[Status(status)]
        self.code = status
        super().__init__(status={"ar": ar, "en": en.lower()})


class DaysNotPrintable(Conflict):
    """The code holds no such day; somebody entered an older permit with one."""

    problem = "permit-days-not-printable"


def require_printable(status: str, issued_on: date, expires_on: date) -> None:
    """`status` as of today. Raises PermitNotInForce, DaysNotPrintable."""
    if status not in (Status.VALID, EXPIRED):
        raise PermitNotInForce(status)
    if issued_on < _FIRST or expires_on > _LAST:
        raise DaysNotPrintable


def permit_content(permit: Record, fee: Record | None, coordination: str | None) -> dict[str, Any]:
    """What is printed, as JSON values. `permit` as it's recorded; `fee`: what was paid for it; `coordination`: the
    number of the electricity company's coordination certificate."""
    return {
        **{name: permit[name] for name in _PERMIT},
        "land": published_land(permit["land"]),
        "owners": [_owner(owner) for owner in permit["owners"]],
        "fee": dict(fee) if fee else None,
        "coordination": coordination,
    }


def _owner(owner: Record) -> dict[str, Any]:
    number = owner["id_number"]
    shown = {name: owner[name] for name in _OWNER}
    return {**shown, "id_number": mask_id(number) if number else None}
