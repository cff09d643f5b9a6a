"""Permits that follow one another: what a renewal and a transfer may change, and whether insulation goes with them.

A renewal is of the same land, owners and building, and says how far construction is; what differs is another kind of
request, which the refusal names (Balady asks for the construction state of a renewal; the licensing regulation renews a
permit whose construction isn't finished). A transfer changes the owners only.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from permits.domain.owners import history_value
from permits.domain.permits import FENCE_COMPONENT, KINDS, Kind, expiry
from permits.domain.reading import Findings
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
    """Notes each field that a renewal or a transfer may not change. `application` has the parsed parts as plain values.
    What the previous record leaves out may be completed, with a warning: older records are often incomplete."""
    if not KINDS[kind].same_works:
        return
    for name in differing_land(before.land, application["land"]):
        findings.fault(f"land.{name}", "other-land")
    for name in added_to(before.building, application["building"]):
        findings.fault(f"building.{name}", "other-building")
    _warn_of_completed_parts(before, application, findings)
    same = same_owners(before.owners, application["owners"])
    if kind is not Kind.OWNERSHIP_TRANSFER:
        findings.fault("owners", None if same else "other-owners")
    elif same and _shares(before.owners) == _shares(application["owners"]):
        findings.warn("owners", "same-owners")
    if kind is Kind.RENEWAL:
        _check_construction(application.get("construction_state"), findings)
    if (changed := KINDS[kind].changes) is not None:
        _check_changed(changed, before, application, findings)


def stale_fields(
    kind: Kind,
    application: Mapping[str, Any],
    previous: Mapping[str, Any],
    corrected: Iterable[Mapping[str, Any]],
) -> list[str]:
    """Returns the fields in which an application still has a value that was corrected in the previous permit after
    the application was submitted. `corrected`: the changes of each correction, from and to by path, as the history
    keeps them. A sale's owners aren't compared: they are the buyers."""
    rule, found, corrected = KINDS[kind], list[str](), list(corrected)
    changed = [one for changes in corrected for one in changes.items()]
    for path, change in changed:
        part = path.partition(".")[0]
        persons = ("owners", "representative")
        copied = part == "land" or (rule.same_works and part not in (*persons, rule.changes))
        has, is_now = _value_at(application, path), _value_at(previous, path)
        if copied and has == change[0] and has != is_now and path not in found:
            found.append(path)
    owners, owners_now = application["owners"], previous["owners"]
    if kind is not Kind.OWNERSHIP_TRANSFER and (
        _has_stale_owner(owners, owners_now, changed)
        or _has_former_owners(owners, owners_now, corrected)
    ):
        found.append("owners")
    return found


def _has_stale_owner(
    owners: Sequence[Mapping[str, Any]],
    owners_now: Sequence[Mapping[str, Any]],
    changed: Iterable[tuple[str, Sequence[Any]]],
) -> bool:
    """Returns whether an owner still has a corrected value. The history has neither names nor whole numbers, so the old
    value is compared as the history keeps it. A field's places and old values are gathered over all corrections,
    because the removal of an owner moves the owners behind. `check_following` compares who the owners are."""
    places, was = defaultdict[str, set[int]](set), defaultdict[str, set[Any]](set)
    for path, change in changed:
        if path.startswith("owners."):
            _, place, field = path.split(".")
            places[field].add(int(place))
            was[field].add(change[0])
    return any(
        one[field] != now[field] and history_value(field, one[field]) in was[field]
        for place, now in enumerate(owners_now)
        if (one := _owner_like(now, owners)) is not None
        for field in places
        if place in places[field]
    )


def _has_former_owners(
    owners: Sequence[Mapping[str, Any]],
    owners_now: Sequence[Mapping[str, Any]],
    corrected: Iterable[Mapping[str, Sequence[Any]]],
) -> bool:
    """Returns whether an owner is there who was removed, or one is missing who was added. A request of wholly other
    owners misses nobody. Of an owner without a number the history says only that a name or the count changed."""
    removed, added, renamed = set[str | None](), set[str | None](), False
    for changes in corrected:
        of_owners = {path: one for path, one in changes.items() if path.startswith("owners")}
        renamed |= any(path == "owners" or path.endswith(".name") for path in of_owners)
        numbers = [one for path, one in of_owners.items() if path.endswith(".id_number")]
        was, becomes = ({one[side] for one in numbers} for side in (0, 1))
        removed, added = removed | (was - becomes), added | (becomes - was)

    def is_one_of(owner: Mapping[str, Any], numbers: set[str | None]) -> bool:
        number = history_value("id_number", owner["id_number"])
        return renamed if number is None else number in numbers

    strange = [one for one in owners if not _stands_among(one, owners_now)]
    missing = [one for one in owners_now if not _stands_among(one, owners)]
    return any(is_one_of(one, removed) for one in strange) or (
        len(strange) < len(owners) and any(is_one_of(one, added) for one in missing)
    )


def _stands_among(owner: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> bool:
    """Returns whether a person is one of the others: by the number, or by the name where a number isn't known. A
    grandson may have his grandfather's name."""
    number, name = owner["id_number"], search_key(owner["name"])
    return any(
        one["id_number"] == number
        if number and one["id_number"]
        else search_key(one["name"]) == name
        for one in others
    )


def _owner_like(
    owner: Mapping[str, Any], owners: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Returns the owner of the same number, or else of the same name."""
    number, name = owner["id_number"], search_key(owner["name"])
    by_number = (one for one in owners if number and one["id_number"] == number)
    by_name = (one for one in owners if search_key(one["name"]) == name)
    return next(by_number, None) or next(by_name, None)


def _value_at(part: Any, path: str) -> Any:
    for name in path.split("."):
        part = part.get(name) if isinstance(part, Mapping) else None
    return part


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
    """Returns whether a building has something that it didn't have, which needs insulation."""
    return bool(added_to(before, after))


def added_to(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Returns the fields of a building that have more floors, units, height or area than before, as a whole or in a
    part. Parts of one name are counted together. A record with an area and without parts says only its area, so the
    parts together may not exceed that area."""
    added = [name for name in ("floors", "units", "built_area_m2") if after[name] > before[name]]
    heights = before.get("height_m"), after.get("height_m")
    if heights[0] is not None and heights[1] is not None and heights[1] > heights[0]:
        added.append("height_m")
    if not before["components"] and before["built_area_m2"]:
        return added + ["components"] * (_area_of_parts(after) > before["built_area_m2"] + SLACK_M2)
    had, has = _parts_by_name(before), _parts_by_name(after)
    if any(part.exceeds(had.get(name, _NOTHING)) for name, part in has.items()):
        added.append("components")
    return added


SLACK_M2 = 1.0  # rounded areas of parts


def _area_of_parts(building: Mapping[str, Any]) -> float:
    parts = building["components"]
    return float(sum(one["area_m2"] for one in parts if one["component"] != FENCE_COMPONENT))


def _warn_of_completed_parts(
    before: Before, application: Mapping[str, Any], findings: Findings
) -> None:
    for name in ("block", "plots"):
        if application["land"][name] and not before.land[name]:
            findings.warn(f"land.{name}", "not-in-previous")
    if application["building"]["components"] and not before.building["components"]:
        findings.warn("building.components", "not-in-previous")


WARNING_TITLES = {
    "not-in-previous": (
        "ليس في سجل الرخصة السابقة؛ طابقوه بالصك والمستندات",
        "The previous permit's record does not have it; compare it with deed and papers",
    ),
    "same-owners": (
        "الملاك وحصصهم كما في الرخصة السابقة؛ لا ينقل هذا الطلب ملكية ويُفرض رسمه",
        "Owners and shares are those of the previous permit; the request transfers nothing and costs its fee",
    ),
}


def keeps_owner(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> bool:
    """Returns whether an owner remains, by number or by name: a mistyped number or name is corrected, a permit isn't
    given to others."""
    left = list(after)
    numbers = {one["id_number"] for one in left if one["id_number"]}
    names = {search_key(one["name"]) for one in left}
    return any(one["id_number"] in numbers or search_key(one["name"]) in names for one in before)


class Built(Protocol):
    """A permit, with parts in the shape of the contract."""

    @property
    def land(self) -> Mapping[str, Any]: ...

    @property
    def building(self) -> Mapping[str, Any]: ...


def keeps_insulation(kind: Kind, before: Built, after: Built) -> bool:
    """Returns whether the building's insulation moves to the permit that replaces this permit. Insulation belongs to
    the building: a permit of any kind on the same land keeps the insulation unless the permit adds something."""
    other = differing_land(before.land, after.land) or added_to(before.building, after.building)
    return KINDS[kind].ends_as is not None and not other


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


def differing_land(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Returns the fields by which a piece of land is another. A block, or the plots of a known plan, that the record
    before left out may be added."""
    was, becomes = _land_keys(before), _land_keys(after)
    unknown = {name for name in ("block", "plots") if not was[name]}
    if was["plan_number"] is None:  # then plots alone say which land it is
        unknown.discard("plots")
    return [name for name in was if was[name] != becomes[name] and name not in unknown]


def _land_keys(land: Mapping[str, Any]) -> dict[str, Any]:
    plan, block = land["plan_number"], land["block"]
    return {
        "plan_number": plan_key(plan) if plan else None,
        "block": compact(block) if block else None,
        "plots": frozenset(map(plan_key, land["plots"])),
        "town": place_key(land["town"]),
        "district": place_key(land["district"]),
    }


def same_owners(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> bool:
    """Returns whether the owners are the same. An owner whose number wasn't known is known by the name."""
    was = {_owner_key(one) for one in before}
    return was == {
        key if (key := _owner_key(one)) in was else ("none", search_key(one["name"]))
        for one in after
    }


def _owner_key(owner: Mapping[str, Any]) -> tuple[str, str]:
    """Returns the kind and the number of an owner, or the name of an owner without a number."""
    return owner["id_type"], owner["id_number"] or search_key(owner["name"])


def _shares(owners: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted(one.get("share") or "" for one in owners)
