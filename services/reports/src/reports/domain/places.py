"""The place of a report: town, district, point, and the branch that is responsible."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians, sqrt
from typing import Any

from chassis.core.refusals import Findings
from saudi import Malformed
from saudi.coordinates import Bounds, check_order
from saudi.text import place_key, tidy

_METRES_PER_DEGREE = 111_320.0
# The box of the governorate holds parts of its neighbours. Every place of the governorate is nearer to a centre.
FARTHEST_FROM_A_CENTRE = 8_000.0  # metres


@dataclass(frozen=True)
class Town:
    """`name` is Arabic, as in reports. `centre`: latitude and longitude, if the reference file has them. `districts`:
    names by normalised spelling (`place_key`)."""

    name: str
    english: str
    municipality: str
    centre: tuple[float, float] | None
    districts: Mapping[str, str]


@dataclass(frozen=True)
class Governorate:
    """The towns by normalised spelling (`place_key`), the codes of the branches, the soft bounds."""

    towns: Mapping[str, Town]
    branches: frozenset[str]
    bounds: Bounds

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Governorate":
        """Reads contracts/reference/places.yaml."""
        towns = [_read_town(one) for one in document["towns"]]
        branches = {
            one["code"] for one in document["municipalities"] if one["kind"] != "governorate"
        }
        return cls(
            {place_key(one.name): one for one in towns},
            frozenset(branches),
            Bounds(**document["bounds"]),
        )

    def nearest(self, latitude: float, longitude: float) -> Town:
        """Returns the town with the nearest known centre."""
        known = [(town, town.centre) for town in self.towns.values() if town.centre]
        return min(known, key=lambda one: distance(one[1], (latitude, longitude)))[0]

    def holds(self, latitude: float, longitude: float) -> bool:
        """Returns whether a point is within the bounds and near a town."""
        if not self.bounds.contain(latitude, longitude):
            return False
        centre = self.nearest(latitude, longitude).centre
        return centre is None or distance(centre, (latitude, longitude)) <= FARTHEST_FROM_A_CENTRE


@dataclass(frozen=True)
class Place:
    """A checked location. `guessed`: the reporter named no town, and the nearest centre gave the branch."""

    municipality: str
    guessed: bool
    town: str | None
    district: str | None
    landmark: str | None
    latitude: float | None
    longitude: float | None


def _read_town(document: Mapping[str, Any]) -> Town:
    centre = document.get("centre")
    return Town(
        document["ar"],
        document["en"],
        document["municipality"],
        (centre["latitude"], centre["longitude"]) if centre else None,
        {place_key(one["ar"]): one["ar"] for one in document["districts"]},
    )


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Returns the metres between two points, as on a flat earth: exact enough for a governorate."""
    north = (one[0] - other[0]) * _METRES_PER_DEGREE
    east = (one[1] - other[1]) * _METRES_PER_DEGREE * cos(radians(one[0]))
    return sqrt(north * north + east * east)


def box(latitude: float, longitude: float, metres: float) -> Bounds:
    """Returns the square around a point that holds every place within the metres."""
    north = metres / _METRES_PER_DEGREE
    east = north / cos(radians(latitude))
    return Bounds(
        south=latitude - north, north=latitude + north, west=longitude - east, east=longitude + east
    )


def parse_place(
    location: Mapping[str, Any], governorate: Governorate, findings: Findings
) -> Place | None:
    """Parses a location in the shape of the contract's `Location`: a point in the governorate, a town, or both.

    Notes faults: `location-missing`, `coordinates-swapped`, `coordinates-outside`, `town-unknown`,
    `district-without-town`, `required` for one coordinate without the other. Returns None if there is a fault.
    """
    before = len(findings.faults)
    point = _read_point(location, governorate, findings)
    town, district = _read_names(location, governorate, findings)
    if point is None and town is None and len(findings.faults) == before:
        findings.fault("location", "location-missing")
    if len(findings.faults) > before:
        return None
    answers_for = town or governorate.nearest(*_require_point(point))
    return Place(
        municipality=answers_for.municipality,
        guessed=town is None,
        town=town.name if town else None,
        district=district,
        landmark=tidy(location.get("landmark") or "") or None,
        latitude=point[0] if point else None,
        longitude=point[1] if point else None,
    )


def is_listed(town: str | None, district: str | None, governorate: Governorate) -> bool | None:
    """Returns whether the town's list has the district; None without a district, and where the town has no list."""
    known = governorate.towns.get(place_key(town or ""))
    if not district or known is None or not known.districts:
        return None
    return place_key(district) in known.districts


def _require_point(point: tuple[float, float] | None) -> tuple[float, float]:
    if point is None:
        raise LookupError("a place has a town or a point")
    return point


def _read_point(
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


def _read_names(
    location: Mapping[str, Any], governorate: Governorate, findings: Findings
) -> tuple[Town | None, str | None]:
    """Returns the town and the district. An unlisted district stays as written, because people use names that no list
    has."""
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
