"""The signed documents of certificates and permits: when a document may be printed, and what it says.

Owners' numbers are masked as in every answer, because seeing a whole number is an act of its own that is recorded.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.core.refusals import Conflict
from permits.domain import permits
from permits.domain.certificates import STATUS_TITLES, CertificateKind, Status
from permits.domain.land import published_land
from permits.domain.older import Origin
from saudi.ids import mask_id

VALID, EXPIRED, CANCELLED, FLAGGED = "valid", "expired", "cancelled", "flagged"
# As a document's code names the kind; documents of other things of the service get kinds of their own.
KINDS = {
    CertificateKind.INSULATION: "insulation_certificate",
    CertificateKind.COMPLETION: "completion_certificate",
    CertificateKind.OCCUPANCY: "occupancy_certificate",
}
STATE_TITLES = {
    VALID: ("سارية", "Valid"),
    EXPIRED: ("منتهية", "Expired"),
    CANCELLED: ("ملغاة", "Cancelled"),
    FLAGGED: ("عليها إشارة للمراجعة", "Flagged for review"),
}
USE_CLASS_TITLES = {
    "residential": ("سكني", "Residential"),
    "residential_commercial": ("سكني تجاري", "Residential and commercial"),
    "commercial": ("تجاري", "Commercial"),
    "governmental": ("حكومي", "Governmental"),
    "industrial": ("صناعي", "Industrial"),
    "agricultural": ("زراعي", "Agricultural"),
    "utility": ("مرافق", "Utility"),
}
_LAND = ("plan_number", "block", "plots", "town", "district", "street", "latitude", "longitude")
_BUILDING = ("description", "components", "built_area_m2", "floors", "units", "height_m")
_STAGE = ("stage", "inspected_on", "by", "materials", "u_value")


class NotInForce(Conflict):
    """Only a certificate in force has a document."""

    problem = "certificate-not-in-force"

    def __init__(self, state: str, status: str) -> None:
        pending = state == CANCELLED and status in (Status.PENDING, Status.REJECTED)
        ar, en = STATUS_TITLES[Status(status)] if pending else STATE_TITLES[state]
        super().__init__(status={"ar": ar, "en": en.lower()})


def state_of(status: str, flagged: bool) -> str:
    """Returns the state of a certificate's document, apart from its last day. A revoked or voided certificate is
    cancelled; a certificate without its ground is flagged, and carries nothing until the municipality has decided."""
    if status != Status.ISSUED:
        return CANCELLED
    return FLAGGED if flagged else VALID


Record = Mapping[str, Any]


def content_of(
    certificate: Record, permit: Record, rests_on: Mapping[str, Record], owner_address: str | None
) -> dict[str, Any]:
    """Returns the printed content as JSON values. `rests_on`: kind → the certificate of that kind on which this
    certificate rests. The content has no number of a person."""
    kind = certificate["kind"]
    shown: dict[str, Any] = {
        "kind": kind,
        "number": certificate["certificate_number"],
        "municipality": certificate["municipality"],
        "issued_on": certificate["issued_on"],
        "valid_until": certificate["valid_until"],
        "permit": {name: permit[name] for name in ("permit_number", "issued_on", "works")},
        "use_class": permit["use_class"],
        "owners": [owner["name"] for owner in permit["owners"]],
        "land": {name: permit["land"].get(name) for name in _LAND},
        "building": {name: permit["building"].get(name) for name in _BUILDING},
        "rests_on": {
            one: {
                "number": row["certificate_number"],
                "partner_number": row["partner_certificate_number"],
                "issued_on": row["issued_on"],
            }
            for one, row in rests_on.items()
        },
    }
    if kind == CertificateKind.INSULATION:
        stages = [{name: visit.get(name) for name in _STAGE} for visit in certificate["stages"]]
        return {
            **shown,
            "stages": stages,
            "partner_number": certificate["partner_certificate_number"],
        }
    if kind == CertificateKind.COMPLETION:
        told = permit["engineering_office"]
        office = {name: told[name] for name in ("name", "licence_number")}
        return {**shown, "inspected_on": certificate["inspected_on"], "office": office}
    return {
        **shown,
        "occupancy": _occupancy(certificate["occupancy"]),
        "owner_address": owner_address,
    }


def _occupancy(part: Record) -> dict[str, Any]:
    """Returns the mandatory contents that a permit doesn't have (Reg. art. 18): use, occupancy, fire protection,
    signatory."""
    names = ("kind", "use", "occupants", "fire_protection", "signatory")
    seen = part.get("inspection") or {}
    return {**{name: part.get(name) for name in names}, "inspected_on": seen.get("inspected_on")}


# As a document's code names the kind. Numbers of one origin may be those of another, so each has a kind of its own.
PERMIT_KINDS = {
    Origin.SYSTEM: "building_permit",
    Origin.BALADY: "balady_building_permit",
    Origin.PAPER: "paper_building_permit",
}
# A finished building's permit has done its work, and is no worse for it.
STANDS = frozenset((permits.Status.COMPLETED.value,))
_PERMIT = (
    *("permit_number", "municipality", "origin", "kind", "works", "use_class"),
    *("issued_on", "expires_on", "request_number", "transaction_number", "predecessor", "source"),
    *("land", "building", "representative", "engineering_office", "supervising_office"),
    *("contractor", "site", "clearances", "remarks", "insulation_pledge"),
)
_OWNER = ("name", "owner_type", "id_type", "share")
_FIRST, _LAST = date(2000, 1, 2), date(2178, 12, 31)  # the days that every code holds


class PermitNotInForce(Conflict):
    """Only a permit in force, or one that expired and may be renewed, has a document."""

    problem = "permit-not-in-force"

    def __init__(self, status: str) -> None:
        ar, en = permits.STATUS_TITLES[permits.Status(status)]
        self.code = status
        super().__init__(status={"ar": ar, "en": en.lower()})


class DaysNotPrintable(Conflict):
    """The code holds no such day; somebody entered an older permit with one."""

    problem = "permit-days-not-printable"


def require_printable(status: str, issued_on: date, expires_on: date) -> None:
    """Refuses a permit that isn't printed. `status`: as of today. Raises PermitNotInForce, DaysNotPrintable."""
    if status not in (permits.Status.VALID, permits.EXPIRED):
        raise PermitNotInForce(status)
    if issued_on < _FIRST or expires_on > _LAST:
        raise DaysNotPrintable


def permit_content(permit: Record, fee: Record | None, coordination: str | None) -> dict[str, Any]:
    """Returns the printed content as JSON values. `fee`: what was paid for the permit; `coordination`: the number of
    the electricity company's coordination certificate."""
    return {
        **{name: permit[name] for name in _PERMIT},
        "land": published_land(permit["land"]),
        "owners": [_owner(owner) for owner in permit["owners"]],
        "representative": _without_numbers(permit["representative"]),
        "fee": dict(fee) if fee else None,
        "coordination": coordination,
    }


def _without_numbers(agent: Record | None) -> dict[str, Any] | None:
    """Returns the representative without mobile and identity number, which no document shows."""
    unprinted = ("mobile", "id_number")
    return {name: part for name, part in agent.items() if name not in unprinted} if agent else None


def _owner(owner: Record) -> dict[str, Any]:
    number = owner["id_number"]
    shown = {name: owner[name] for name in _OWNER}
    return {**shown, "id_number": mask_id(number) if number else None}
