"""Where a report is: town, district, point, and the branch that answers for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians, sqrt
from typing import Any

from chassis.core.refusals import Findings
from saudi import Malformed
from saudi.coordinates import Bounds, check_order
from saudi.text import place_key, tidy

_METRES_PER_DEGREE = 111_320.0
# The box of the governorate holds parts of its neighbours; every place of ours lies nearer to a known centre.
FARTHEST_FROM_A_CENTRE = 8_000.0  # metres


@dataclass(frozen=True)
class Town:
    """`name` in Arabic, as reports bear it. `centre` is its latitude and longitude, where the reference file has one.
    `districts`: their names by the spelling that places meet under."""

    name: str
    english: str
    municipality: str
    centre: tuple[float, float] | None
    districts: Mapping[str, str]


@dataclass(frozen=True)
class Governorate:
    """The towns by the spelling that they meet under, the branches' codes, the soft bounds."""

    towns: Mapping[str, Town]
    branches: frozenset[str]
    bounds: Bounds

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Governorate":
        """From contracts/reference/places.yaml."""
        towns = [_town(one) for one in document["towns"]]
        branches = {
            one["code"] for one in document["municipalities"] if one["kind"] != "governorate"
        }
        return cls(
            {place_key(one.name): one for one in towns},
            frozenset(branches),
            Bounds(**document["bounds"]),
        )

    def nearest(self, latitude: float, longitude: float) -> Town:
        """The town whose centre is nearest, of those with a known centre."""
        known = [(town, town.centre) for town in self.towns.values() if town.centre]
        return min(known, key=lambda one: distance(one[1], (latitude, longitude)))[0]

    def holds(self, latitude: float, longitude: float) -> bool:
        """Whether a point is within the bounds and not too far from every town."""
        if not self.bounds.contain(latitude, longitude):
            return False
        centre = self.nearest(latitude, longitude).centre
        return centre is None or distance(centre, (latitude, longitude)) <= FARTHEST_FROM_A_CENTRE


@dataclass(frozen=True)
class Place:
    """A checked location. `guessed`: nobody named the town, the branch is that of the nearest centre."""

    municipality: str
    guessed: bool
    town: str | None
    district: str | None
    landmark: str | None
    latitude: float | None
    longitude: float | None


def _town(document: Mapping[str, Any]) -> Town:
    centre = document.get("centre")
    return Town(
        document["ar"],
        document["en"],
        document["municipality"],
        (centre["latitude"], centre["longitude"]) if centre else None,
        {place_key(one["ar"]): one["ar"] for one in document["districts"]},
    )


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two points, good for a governorate: the earth is flat in it."""
    north = (one[0] - other[0]) * _METRES_PER_DEGREE
    east = (one[1] - other[1]) * _METRES_PER_DEGREE * cos(radians(one[0]))
    return sqrt(north * north + east * east)


def box(latitude: float, longitude: float, metres: float) -> Bounds:
    """The square around a point that holds everything within so many metres."""
    north = metres / _METRES_PER_DEGREE
    east = north / cos(radians(latitude))
    return Bounds(
        south=latitude - north, north=latitude + north, west=longitude - east, east=longitude + east
    )


def parse_place(
    location: Mapping[str, Any], governorate: Governorate, findings: Findings
) -> Place | None:
    """A location in the shape of the contract's `Location`: a point in the governorate, a town, or both.

    Notes faults: `location-missing`, `coordinates-swapped`, `coordinates-outside`, `town-unknown`,
    `district-without-town`, `required` for one coordinate without the other. None when there are any.
    """
    before = len(findings.faults)
    point = _point(location, governorate, findings)
    town, district = _names(location, governorate, findings)
    if point is None and town is None and len(findings.faults) == before:
        findings.fault("location", "location-missing")
    if len(findings.faults) > before:
        return None
    answers_for = town or governorate.nearest(*_known(point))
    return Place(
        municipality=answers_for.municipality,
        guessed=town is None,
        town=town.name if town else None,
        district=district,
        landmark=tidy(location.get("landmark") or "") or None,
        latitude=point[0] if point else None,
        longitude=point[1] if point else None,
    )


def _known(point: tuple[float, float] | None) -> tuple[float, float]:
    if point is None:
        raise LookupError("a place has a town or a point")
    return point


def _point(
    location: Mapping[str, Any], governorate: Governorate, findings: Findings
) -> tuple[float, float] | None:
    latitude, longitude = location.get("latitude"), location.get("longitude")
    if latitude is None and longitude is None:
        return None
    if latitude is None or longitude is None:
        missing = "latitude" if latitude is None else "longitude"
        findings.fault(f"location.{missing}", "required")
        return None
    try:
        check_order(latitude, longitude)
    except Malformed as fault:
        findings.fault("location.latitude", fault.code)
        return None
    if not governorate.holds(latitude, longitude):
        findings.fault("location.latitude", "coordinates-outside")
        return None
    return round(latitude, 6), round(longitude, 6)


def _names(
    location: Mapping[str, Any], governorate: Governorate, findings: Findings
) -> tuple[Town | None, str | None]:
    """The town, and the district as written in it; a district that the list doesn't have stays as it was written,
    because people use names that no list has."""
    written, quarter = tidy(location.get("town") or ""), tidy(location.get("district") or "")
    if not written:
        if quarter:
            findings.fault("location.district", "district-without-town")
        return None, None
    town = governorate.towns.get(place_key(written))
    if town is None:
        findings.fault("location.town", "town-unknown")
        return None, None
    return town, town.districts.get(place_key(quarter), quarter) or None
