"""What an application asks for, as the rules see it, and when two applications ask for the same licence.

A declaration is true of nothing by itself: facts say what is true.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from math import cos, hypot, radians
from typing import Any

from chassis.core.refusals import Conflict
from saudi.text import number_key, place_key


@dataclass(frozen=True)
class Town:
    """`name`: the Arabic name, as permits and licences print it. `municipality`: the branch that decides there.
    `districts`: the names of the town's districts, by `saudi.text.place_key`."""

    name: str
    municipality: str
    districts: Mapping[str, str] = field(default_factory=dict)

    def district(self, text: str) -> str | None:
        """Returns the district that a text means, as the list spells it; None for a district that the town doesn't
        have. A town without a list takes any text."""
        return self.districts.get(place_key(text)) if self.districts else text


@dataclass(frozen=True)
class Towns:
    """The towns of the governorate. People spell their names as they like; records carry one spelling.

    A town is found by `saudi.text.place_key`, as permits and the partner gateway do: what the gateway has accepted is
    known here.
    """

    by_key: Mapping[str, Town]

    @classmethod
    def read(cls, documents: Iterable[Mapping[str, Any]]) -> "Towns":
        """Reads `towns` of contracts/reference/places.yaml."""
        return cls({place_key(one["ar"]): _town(one) for one in documents})

    def named(self, text: str) -> Town | None:
        """Returns the town that a text means; None for a place outside the governorate."""
        return self.by_key.get(place_key(text))


def _town(document: Mapping[str, Any]) -> Town:
    districts = {place_key(one["ar"]): one["ar"] for one in document.get("districts") or ()}
    return Town(document["ar"], document["municipality"], districts)


ISSUE, RENEW, CANCEL, CORRECT = "issue", "renew", "cancel", "correct"


@dataclass(frozen=True)
class Term:
    """The licence that the request renews, ends or moves from: its number, present status and last valid day."""

    licence_no: str
    status: str
    expires_on: date


@dataclass(frozen=True)
class Declaration:
    """A request for a licence, its renewal or its end, as the applicant declares it.

    `owner`, `lease`, `safety`, `classification`, `cleaning`: numbers of the owner, the lease, the safety certificate,
    the classification and the cleaning contract. `permit`: the key of the building permit's number. `lease_days`: the
    first and the last day of the lease.
    """

    request: str
    kind: str
    municipality: str
    submitted_on: date
    activities: tuple[str, ...]
    years: int
    area_m2: Decimal
    workers: int
    sign_m2: Decimal
    establishment: str | None
    owner: str
    lease: str | None
    safety: str | None
    classification: str | None
    permit: str | None
    term: Term | None = None
    lease_days: tuple[str, str] | None = None
    cleaning: str | None = None

    def record(self) -> dict[str, Any]:
        """Returns the declaration as a decision stores it, by which the decision can be made again."""
        term = self.term and {
            "licence_no": self.term.licence_no,
            "status": self.term.status,
            "expires_on": self.term.expires_on.isoformat(),
        }
        named = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            **named,
            "submitted_on": self.submitted_on.isoformat(),
            "activities": list(self.activities),
            "area_m2": str(self.area_m2),
            "sign_m2": str(self.sign_m2),
            "term": term,
            "lease_days": list(self.lease_days) if self.lease_days else None,
        }

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> "Declaration":
        """Reads what `record` returned."""
        term = record["term"]
        if term is not None:
            term = Term(term["licence_no"], term["status"], date.fromisoformat(term["expires_on"]))
        days = record.get("lease_days")  # not among those of earlier decisions
        read = {
            **record,
            "submitted_on": date.fromisoformat(record["submitted_on"]),
            "activities": tuple(record["activities"]),
            "area_m2": Decimal(record["area_m2"]),
            "sign_m2": Decimal(record["sign_m2"]),
            "term": term,
            "lease_days": tuple(days) if days else None,
        }
        return cls(**read)

    @property
    def holder(self) -> Mapping[str, str]:
        """Returns the numbers that a document of another body has to name: the establishment's and the owner's."""
        numbers = {"unified_number": self.establishment, "id_number": self.owner}
        return {name: number for name, number in numbers.items() if number is not None}

    @property
    def is_late(self) -> bool:
        """Returns whether the renewal was submitted after the licence's last day."""
        return self.term is not None and self.submitted_on > self.term.expires_on


def declaration_from(
    body: Mapping[str, Any],
    *,
    request: str,
    municipality: str,
    submitted_on: date,
    term: Term | None = None,
) -> Declaration:
    """Returns the declaration of a body in its normal form."""
    sign, lease = body.get("sign"), body.get("lease") or {}
    return Declaration(
        request=request,
        kind=body["kind"],
        municipality=municipality,
        submitted_on=submitted_on,
        activities=tuple(one["code"] for one in main_first(body["activities"])),
        years=body["years"],
        area_m2=_decimal(body["area_m2"]),
        workers=body["workers"],
        sign_m2=_decimal(sign["width_m"]) * _decimal(sign["height_m"]) if sign else Decimal(0),
        establishment=(body.get("establishment") or {}).get("unified_number"),
        owner=body["owner"]["id_number"],
        lease=lease.get("ejar_no"),
        safety=(body.get("safety_certificate") or {}).get("number"),
        classification=(body.get("engineering") or {}).get("classification_no"),
        permit=permit_key(body),
        term=term,
        lease_days=(lease["starts_on"], lease["ends_on"]) if lease else None,
        cleaning=body.get("cleaning_contract"),
    )


def main_first(activities: Any) -> list[Mapping[str, Any]]:
    """Returns the main activity, then the others in their order."""
    return sorted(activities, key=lambda one: not one["main"])


def permit_key(body: Mapping[str, Any]) -> str | None:
    """Returns the key by which the building permit is found; None if the body names none."""
    number = body.get("building_permit_no")
    return number_key(number) if number else None


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


# Two points nearer than this are one door, because an applicant points at the place on a map, by hand.
SAME_DOOR_M = 25.0
_METRES_A_DEGREE = 111_320.0


class Duplicate(Conflict):
    """The same licence is asked for already, or issued. The caller may know the `number`: it's the number of the
    caller, or of the establishment for which the caller asks."""

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(number=number)


class ApplicationOpen(Duplicate):
    """An application for the same licence is open."""

    problem = "application-open"


class LicenceHeld(Duplicate):
    """The licence is there, and isn't over: it's renewed, or ended first. A suspended or closed licence isn't
    replaced by a new licence."""

    problem = "licence-held"


def are_duplicates(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Returns whether two bodies of one applicant, in their normal form, share an activity and the place."""
    return bool(_activity_codes(one) & _activity_codes(other)) and is_one_place(one, other)


def is_one_place(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Returns whether two bodies mean one place of a town: by the leases if both name a lease, because two shops of
    one market have one point on the map; else by the points."""
    if one["place"]["town"] != other["place"]["town"]:
        return False
    leases = [(body.get("lease") or {}).get("ejar_no") for body in (one, other)]
    if all(leases):
        return bool(leases[0] == leases[1])
    return _metres(one["place"], other["place"]) < SAME_DOOR_M


def is_one_door(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Returns whether two bodies may mean one door, by one lease or one point, under any name of the town and any
    landlord. Two shops of one market may mean one door too."""
    leases = [(body.get("lease") or {}).get("ejar_no") for body in (one, other)]
    same_lease = all(leases) and leases[0] == leases[1]
    return same_lease or _metres(one["place"], other["place"]) < SAME_DOOR_M


def is_one_practice(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Returns whether two bodies mean the practice of one profession. Such a licence follows its holder, wherever the
    holder practises."""
    kinds = {one["kind"], other["kind"]}
    return (
        len(kinds) == 1
        and "shop" not in kinds
        and bool(_activity_codes(one) & _activity_codes(other))
    )


def _activity_codes(body: Mapping[str, Any]) -> set[str]:
    return {one["code"] for one in body["activities"]}


def _metres(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Returns the distance of two points of the governorate, where the earth is flat enough."""
    north = (one["latitude"] - other["latitude"]) * _METRES_A_DEGREE
    east = (one["longitude"] - other["longitude"]) * _METRES_A_DEGREE
    return hypot(north, east * cos(radians(one["latitude"])))
