"""Permits that follow one another: what a renewal and a transfer may change, and whether insulation goes with them.

A renewal is of the same land, owners and building, and says how far construction is; what differs is another kind of
request, which the refusal names (Balady asks for the construction state of a renewal; the licensing regulation renews a
permit whose construction isn't finished). A transfer changes the owners only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from chassis.core.refusals import Findings
from permits.domain.permits import KINDS, Kind, expiry
from saudi.land import plan_key
from saudi.text import compact, place_key, search_key


class Construction(StrEnum):
    """How far the building is, as Balady asks it of a renewal."""

    NOT_STARTED = "not_started"
    UNDER_CONSTRUCTION = "under_construction"
    FINISHED = "existing_building"


CONSTRUCTION_TITLES = {
    Construction.NOT_STARTED: "لم يبدأ البناء",
    Construction.UNDER_CONSTRUCTION: "تحت الإنشاء",
    Construction.FINISHED: "مبنى قائم",
}


@dataclass(frozen=True)
class Before:
    """The previous permit; its parts have the shape of the contract. `works`: None of a finished building, whose
    permit is done."""

    works: str | None
    land: Mapping[str, Any]
    building: Mapping[str, Any]
    owners: tuple[Mapping[str, Any], ...]
    use_class: str | None = None
    contractor: Mapping[str, Any] | None = None
    supervising_office: Mapping[str, Any] | None = None


def check_following(
    kind: Kind, before: Before, application: Mapping[str, Any], findings: Findings
) -> None:
    """Notes what a renewal or a transfer may not change. `application` has the parsed parts as plain values."""
    if not KINDS[kind].same_works:
        return
    if _land_key(application["land"]) != _land_key(before.land):
        findings.fault("land", "other-land")
    if adds_to(before.building, application["building"]):
        findings.fault("building", "other-building")
    sold = kind is Kind.OWNERSHIP_TRANSFER
    if not sold and _owner_keys(application["owners"]) != _owner_keys(before.owners):
        findings.fault("owners", "other-owners")
    if kind is Kind.RENEWAL:
        _check_construction(application.get("construction_state"), findings)
    if (changed := KINDS[kind].changes) is not None:
        _check_changed(changed, before, application, findings)


def _check_changed(
    part: str, before: Before, application: Mapping[str, Any], findings: Findings
) -> None:
    """Refuses a change of anything but the part that the kind of request changes: the use, the contractor or the
    supervising office."""
    asked, was = application[part], getattr(before, part)
    if asked is None:
        findings.fault(part, "required")
    elif _comparable(asked) == _comparable(was):
        findings.fault(part, "no-change")
    if part != "use_class" and application["use_class"] != before.use_class:
        findings.fault("use_class", "other-use")


def _comparable(value: Any) -> str | None:
    """Returns a use as it is, an office or a contractor by the licence."""
    return compact(value["licence_number"]) if isinstance(value, Mapping) else value


def _check_construction(state: str | None, findings: Findings) -> None:
    if state is None:
        findings.fault("construction_state", "required")
    elif state == Construction.FINISHED:
        findings.fault("construction_state", "construction-finished")


def adds_to(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Returns whether a building has floors, units, height or area that it didn't have, as a whole or in a part:
    what needs insulation. Parts of one name are counted together."""
    if any(after[name] > before[name] for name in ("floors", "units", "built_area_m2")):
        return True
    heights = before.get("height_m"), after.get("height_m")
    if heights[0] is not None and heights[1] is not None and heights[1] > heights[0]:
        return True
    had, has = _parts_by_name(before), _parts_by_name(after)
    return any(part.exceeds(had.get(name, _NOTHING)) for name, part in has.items())


class Built(Protocol):
    """A permit, with parts in the shape of the contract."""

    @property
    def land(self) -> Mapping[str, Any]: ...

    @property
    def building(self) -> Mapping[str, Any]: ...


def keeps_insulation(kind: Kind, before: Built, after: Built) -> bool:
    """Returns whether the building's insulation moves to the permit that replaces this permit. Insulation belongs to
    the building: a permit of any kind on the same land keeps the insulation unless the permit adds something."""
    same = _land_key(before.land) == _land_key(after.land) and not adds_to(
        before.building, after.building
    )
    return KINDS[kind].ends_as is not None and same


def expiry_of(kind: Kind, issued_on: date, years: int, before: date | None) -> date:
    """Returns the last valid day. A sale and a change of builder or use don't prolong a permit: it ends when the
    permit before would have (`before`; None if the permit before goes on)."""
    if not KINDS[kind].prolongs and before is not None:
        return before
    return expiry(issued_on, years)


@dataclass(frozen=True)
class _Part:
    """All components of one name. Units count where there's an area: a gate in the wall is no flat."""

    area_m2: Decimal = Decimal()
    units: int = 0

    def exceeds(self, other: "_Part") -> bool:
        return self.area_m2 > other.area_m2 or self.units > other.units


_NOTHING = _Part()


def _parts_by_name(building: Mapping[str, Any]) -> dict[str, _Part]:
    found: dict[str, _Part] = {}
    for one in building["components"]:
        if one["area_m2"]:
            name = place_key(one["component"])
            had, area = found.get(name, _NOTHING), Decimal(str(one["area_m2"]))
            found[name] = _Part(had.area_m2 + area, had.units + one["units"])
    return found


def _land_key(land: Mapping[str, Any]) -> tuple[Any, ...]:
    plan, block = land["plan_number"], land["block"]
    return (
        plan_key(plan) if plan else None,
        compact(block) if block else None,
        frozenset(map(compact, land["plots"])),
        place_key(land["town"]),
        place_key(land["district"]),
    )


def _owner_keys(owners: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Returns each owner by number, or by name without a number."""
    return {(one["id_type"], one["id_number"] or search_key(one["name"])) for one in owners}
