"""Plausibility warnings about site, place and components. A warning refuses nothing: the approved plan of the zone
prevails.

Source of the setbacks: the ministry's requirements for residential buildings, decision 1/4500943139 of 1446/01/15.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from math import cos, hypot, radians
from typing import Any

from chassis.core.refusals import Conflict, Fault
from permits.domain.land import SIDES, Town, district_unknown
from permits.domain.permits import FENCE_COMPONENT
from saudi.branches import GOVERNORATE

RESIDENTIAL = ("residential", "residential_commercial")
NEIGHBOUR_M, SIDE_STREET_M, FRONT_M = 1.5, 2.0, 3.0
WIDE_STREET_M, WIDE_FRONT_M = 30.0, 6.0
STREET_PART = 5  # a fifth of the street's width
DIFFERENT_PART = 0.05
ACROSS = (("north", "south", ("east", "west")), ("east", "west", ("north", "south")))


Part = Mapping[str, Any]
Odd = tuple[str, str]  # a field, and the code of what's odd about it


SETBACK_SMALL = "setback-small"
SITE_WARNING_TITLES = {
    "areas-differ": (
        "المساحة حسب الطبيعة تختلف عن مساحة الصك",
        "The area as surveyed differs from the deed's",
    ),
    SETBACK_SMALL: (
        "الارتداد أقل مما تطلبه اشتراطات المباني السكنية؛ المطلوب {needed_m} م",
        "The setback is smaller than residential buildings need; {needed_m} m are asked for",
    ),
    "front-without-side": (
        "الواجهة المذكورة ليست من الحدود المدونة؛ دوّنوا حدها أو صححوا الواجهة",
        "The front is no side that is recorded; record that boundary or correct the front",
    ),
    "setbacks-fill-land": (
        "الارتدادان المتقابلان لا يتركان مكانًا للبناء",
        "The setbacks across leave no place for a building",
    ),
}


def site_warnings(site: Part | None, land: Part, use_class: str) -> list[Fault]:
    """What's odd about a site, in the shape in which it's kept."""
    if site is None:
        return []
    sides = {side: one for side in SIDES if (one := site["boundaries"][side]) is not None}
    found = [
        *_front_warnings(sides, site["front"]),
        *_area_warnings(site, land["area_m2"]),
        *_filling_setbacks(sides),
    ]
    small = _small_setbacks(sides, site["front"]) if use_class in RESIDENTIAL else ()
    return [*(Fault(path, code) for path, code in found), *small]


def _front_warnings(sides: Mapping[str, Part], front: str | None) -> Iterator[Odd]:
    """Returns warnings about the front: the street's width and the required setback belong to the front's side."""
    if front is not None and front not in sides:
        yield ("site.front", "front-without-side")


def _area_warnings(site: Part, deed_m2: float) -> Iterator[Odd]:
    surveyed = site["area_by_nature_m2"]
    if surveyed is not None and abs(surveyed - deed_m2) > deed_m2 * DIFFERENT_PART:
        yield ("site.area_by_nature_m2", "areas-differ")


def _filling_setbacks(sides: Mapping[str, Part]) -> Iterator[Odd]:
    """Setbacks of two opposite sides against the sides between them."""
    for one, other, between in ACROSS:
        setbacks = [sides[side]["setback_m"] or 0.0 for side in (one, other) if side in sides]
        depths = [sides[side]["length_m"] for side in between if side in sides]
        known = [depth for depth in depths if depth]
        if known and sum(setbacks) >= max(known):
            yield (f"site.boundaries.{one}.setback_m", "setbacks-fill-land")


def _small_setbacks(sides: Mapping[str, Part], front: str | None) -> Iterator[Fault]:
    for name, side in sides.items():
        setback = side["setback_m"]
        needed = needed_setback(side["street_width_m"], front=name == front)
        if setback is not None and setback < needed:
            path = f"site.boundaries.{name}.setback_m"
            yield Fault(path, SETBACK_SMALL, {"needed_m": round(needed, 2)})


def needed_setback(street_m: float | None, *, front: bool) -> float:
    """Metres that a residential building keeps from a side: from the main street, another street, a neighbour."""
    if street_m is None:
        return FRONT_M if front else NEIGHBOUR_M
    if front and street_m >= WIDE_STREET_M:
        return max(street_m / STREET_PART, WIDE_FRONT_M)
    return max(street_m / STREET_PART, FRONT_M if front else SIDE_STREET_M)


KM_PER_DEGREE = 111.2
FAR_KM = 10.0  # from the centre of the town: the largest is some seven across
COMPONENTS_SLACK_M2 = 1.0
PLOT_IN_USE = "plot-in-use"
PLOT_STOPPED = "plot-stopped"


NUMBER_ELSEWHERE = "number-of-another-origin"


def number_elsewhere(field: str, origin: str, issued_on: date) -> Fault:
    """Returns the warning that the branch has a permit of this number from another origin: most likely the same permit
    entered twice, or a slip."""
    return Fault(field, NUMBER_ELSEWHERE, {"origin": origin, "issued_on": issued_on.isoformat()})


WARNING_TITLES = {
    **SITE_WARNING_TITLES,
    NUMBER_ELSEWHERE: (
        "في البلدية رخصة {origin} بهذا الرقم صدرت في {issued_on_hijri}هـ الموافق {issued_on}م؛ تأكدوا أنها غيرها",
        "The branch has a permit of this number {origin}, of {issued_on} ({issued_on_hijri} AH); make sure it differs",
    ),
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
    PLOT_STOPPED: (
        "على القطعة رخصة أوقفتها البلدية أو ألغتها؛ {found}",
        "The municipality has stopped a permit on the plot; {found}",
    ),
    "previous-permit-ended": (
        "انتهت الرخصة السابقة أو حلت محلها رخصة أخرى؛ رقمها {permit_number}",
        "The previous permit has ended or was replaced; its number is {permit_number}",
    ),
    "owner-corrected": (
        "صُحح مالك أو وكيل في الرخصة السابقة وفي هذا الطلب؛ أعيدوا الطلب ليُراجع من جديد",
        "An owner or representative was corrected in the previous permit and here; return the request for a new review",
    ),
}


def plot_reference(kind: str, number: str, municipality: str, *, at: str) -> dict[str, str | None]:
    """Returns a permit, a request or a row of a file on the same plot, as a warning at branch `at` names it. Another
    branch's number isn't shown."""
    own = municipality == at
    return {"kind": kind, "number": number if own else None, "municipality": municipality}


def plot_in_use(field: str, found: Sequence[Mapping[str, str | None]]) -> Fault:
    """Returns the warning of a used plot. `found`: what is on the plot."""
    return Fault(field, PLOT_IN_USE, {"found": [dict(one) for one in found]})


class PlotStopped(Conflict):
    """The municipality has suspended or cancelled a permit on the plot, and the decision to approve doesn't name the
    permit. `found`: the permits, in both languages."""

    problem = "plot-stopped"

    def __init__(self, found: Sequence[Mapping[str, str]]) -> None:
        super().__init__(found=list(found))


def plot_stopped(field: str, found: Sequence[Mapping[str, Any]]) -> Fault:
    """Returns the warning of stopped permits on the plot."""
    return Fault(field, PLOT_STOPPED, {"found": [dict(one) for one in found]})


def place_warnings(
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
        "land.latitude": _is_far(land, town) and "far-from-town",
        "building.components": _components_differ(building) and "components-sum",
    }
    return [Fault(field, code) for field, code in odd.items() if code]


def _is_far(land: Mapping[str, Any], town: Town) -> bool:
    if town.centre is None:
        return False
    north = land["latitude"] - town.centre[0]
    east = (land["longitude"] - town.centre[1]) * cos(radians(town.centre[0]))
    return hypot(north, east) * KM_PER_DEGREE > FAR_KM


def _components_differ(building: Mapping[str, Any]) -> bool:
    """Returns whether the components differ from the built area. A fence isn't part of the built area."""
    parts = [
        one["area_m2"] for one in building["components"] if one["component"] != FENCE_COMPONENT
    ]
    return bool(parts) and abs(sum(parts) - building["built_area_m2"]) > COMPONENTS_SLACK_M2
