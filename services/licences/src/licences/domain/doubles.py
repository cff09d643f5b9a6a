"""When two applications ask for the same licence: of one establishment or person, for one activity, at one place."""

from collections.abc import Mapping
from math import cos, hypot, radians
from typing import Any

from chassis.core.refusals import Conflict

# Two points nearer than this are one door: the place is pointed at on a map, by hand.
NEAR_M = 25.0
_METRES_A_DEGREE = 111_320.0


class Double(Conflict):
    """The licence that's asked for is asked for already, or issued. Whoever is told the `number` may know it: it's his
    own, or that of the establishment for which he asks."""

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(number=number)


class ApplicationOpen(Double):
    """An application for the same licence is open."""

    problem = "application-open"


class LicenceHeld(Double):
    """There's such a licence, and it isn't over: it's renewed, or ended first. One that's suspended, or closed for a
    violation, isn't replaced by a new one."""

    problem = "licence-held"


def ask_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two bodies of the same applicant, in their normal form, share an activity and the place."""
    return bool(_codes(one) & _codes(other)) and is_one_place(one, other)


def is_one_place(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two bodies mean one place of a town. Where both name a lease, the lease says it, because two shops of one
    market have one point on the map; else the points do."""
    if one["place"]["town"] != other["place"]["town"]:
        return False
    leases = [(body.get("lease") or {}).get("ejar_no") for body in (one, other)]
    if all(leases):
        return bool(leases[0] == leases[1])
    return _metres(one["place"], other["place"]) < NEAR_M


def is_one_door(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two bodies may mean one door, whatever they call its town, and whoever lets it now: by one lease, or one
    point. Two shops of one market may, too."""
    leases = [(body.get("lease") or {}).get("ejar_no") for body in (one, other)]
    same_lease = all(leases) and leases[0] == leases[1]
    return same_lease or _metres(one["place"], other["place"]) < NEAR_M


def _codes(body: Mapping[str, Any]) -> set[str]:
    return {one["code"] for one in body["activities"]}


def _metres(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Between two points of the governorate, where the earth is flat enough."""
    north = (one["latitude"] - other["latitude"]) * _METRES_A_DEGREE
    east = (one["longitude"] - other["longitude"]) * _METRES_A_DEGREE
    return hypot(north, east * cos(radians(one["latitude"])))
