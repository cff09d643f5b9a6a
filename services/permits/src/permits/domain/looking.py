"""Where staff would look twice: places, components, distances. Warnings only: none of them refuses anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Any

from chassis.core.refusals import Fault
from permits.domain.boundaries import WARNING_TITLES as SITE_TITLES
from permits.domain.works import FENCE_COMPONENT
from saudi.branches import GOVERNORATE
from saudi.text import place_key

KM_PER_DEGREE = 111.2
FAR_KM = 10.0  # from the centre of the town: the largest is some seven across
SLACK_M2 = 1.0
PLOT_IN_USE = "plot-in-use"

WARNING_TITLES = {
    **SITE_TITLES,
    "town-of-another-municipality": (
        "البلدة ليست من بلدات هذه البلدية",
        "The town is not one of this municipality",
    ),
    "district-unknown": ("الحي غير معروف في هذه البلدة", "The district is not known in this town"),
    "components-sum": (
        "مجموع مساحات المكونات لا يساوي مسطحات البناء",
        "The components' areas are not the built area",
    ),
    "far-from-town": ("الموقع بعيد عن البلدة", "The place lies far from the town"),
    "source-not-attached": (
        "لم تُرفق صورة المستند المصدر؛ طابقوا الرخصة بالأصل",
        "No scan of the source document; verify against the paper itself",
    ),
    PLOT_IN_USE: (
        "على القطعة رخصة سارية أو طلب قائم؛ {found}",
        "The plot has a live permit or request; {found}",
    ),
}


@dataclass(frozen=True)
class Town:
    """Of contracts/reference/places.yaml. `districts`: their names, by the form under which they meet; `centre`:
    latitude and longitude, where they're known."""

    municipality: str
    districts: Mapping[str, str]
    centre: tuple[float, float] | None


def listed_district(land: Mapping[str, Any], towns: Mapping[str, Town]) -> str:
    """The district in its list's spelling; as it's written, where the list doesn't have it."""
    written: str = land["district"]
    town = towns.get(land["town"])
    return town.districts.get(place_key(written), written) if town is not None else written


def district_unknown(land: Mapping[str, Any], towns: Mapping[str, Town]) -> bool:
    """Whether the land's town has a list of districts, and not this one."""
    town = towns.get(land["town"])
    if town is None or not town.districts:
        return False
    return place_key(land["district"]) not in town.districts


def named(kind: str, number: str, municipality: str, *, at: str) -> dict[str, str | None]:
    """A permit, a request or a row of a file that's on the same plot, as a warning `at` a branch names it: another
    branch's number is that branch's."""
    own = municipality == at
    return {"kind": kind, "number": number if own else None, "municipality": municipality}


def plot_in_use(field: str, found: Sequence[Mapping[str, str | None]]) -> Fault:
    """`found`: what's on the plot, as `named` has it."""
    return Fault(field, PLOT_IN_USE, {"found": [dict(one) for one in found]})


def look(
    municipality: str,
    land: Mapping[str, Any],
    building: Mapping[str, Any],
    towns: Mapping[str, Town],
) -> list[Fault]:
    """What's odd about a place and a building, in the shape of the contract."""
    town = towns[land["town"]]
    odd = {
        "land.town": municipality not in (town.municipality, GOVERNORATE)
        and "town-of-another-municipality",
        "land.district": district_unknown(land, towns) and "district-unknown",
        "land.latitude": _far(land, town) and "far-from-town",
        "building.components": _differs(building) and "components-sum",
    }
    return [Fault(field, code) for field, code in odd.items() if code]


def _far(land: Mapping[str, Any], town: Town) -> bool:
    if town.centre is None:
        return False
    north = land["latitude"] - town.centre[0]
    east = (land["longitude"] - town.centre[1]) * cos(radians(town.centre[0]))
    return hypot(north, east) * KM_PER_DEGREE > FAR_KM


def _differs(building: Mapping[str, Any]) -> bool:
    """A fence isn't a part of the built area."""
    parts = [
        one["area_m2"] for one in building["components"] if one["component"] != FENCE_COMPONENT
    ]
    return bool(parts) and abs(sum(parts) - building["built_area_m2"]) > SLACK_M2
