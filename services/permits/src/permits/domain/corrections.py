"""What a correction makes of recorded data: one owner without the others, a part of a part, and what changed.

Owners are named by their place in the list as the caller saw it, so a correction says of which version it is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from chassis.core.refusals import Conflict, Fault, InvalidFields
from permits.domain.application import (
    Clearances,
    parse_building,
    parse_clearances,
    parse_office,
)
from permits.domain.land import NO_TOWNS, Land, Site, Town, corrected_site, parse_land, parse_site
from permits.domain.older import Origin
from permits.domain.owners import (
    Owner,
    Representative,
    history_value,
    parse_owners,
    parse_representative,
)
from permits.domain.permits import TRANSITIONS, Action
from permits.domain.reading import Findings, text_or_none
from saudi.coordinates import QATIF

Part = Mapping[str, Any]
Changes = dict[str, list[Any]]
PARTS = (
    *("use_class", "land", "building", "engineering_office", "insulation_pledge", "kind"),
    *("contractor", "supervising_office", "site", "clearances", "remarks"),
    *("construction_state", "representative", "previous_permit_id"),
    *("municipality", "request_number", "transaction_number"),
)
PLACE = ("town", "district", "district_reason")
READERS = frozenset(("owners", "representative"))  # the parts whose numbers read a permit


class ChangedMeanwhile(Conflict):
    """Somebody changed it since the caller read it: places of owners may be others."""

    problem = "changed-meanwhile"


def require_version(seen: int, version: int) -> None:
    """Raises ChangedMeanwhile."""
    if seen != version:
        raise ChangedMeanwhile(version=version)


def action_of_correction(status: str, parts: Collection[str]) -> Action:
    """Returns the action that corrects these parts of a permit. A permit that has ended stays as it was, except for its
    readers: a wrong number would read the permit for ever."""
    is_over = status in TRANSITIONS[Action.AMEND_OWNERS]
    return Action.AMEND_OWNERS if is_over and READERS.issuperset(parts) else Action.AMEND


def corrected_owners(owners: Sequence[Part], wanted: Part) -> list[dict[str, Any]]:
    """Returns the unparsed owners after the contract's `OwnerCorrections`: some changed, some removed, some added at
    the end. Raises InvalidFields for an unknown place, or a place that is named twice."""
    changed = wanted.get("correct") or ()
    removed = list(wanted.get("remove") or ())
    places = [(f"correct.{n}.position", one["position"]) for n, one in enumerate(changed)]
    places += [(f"remove.{n}", place) for n, place in enumerate(removed)]
    _check_places(places, len(owners))
    after = [dict(owner) for owner in owners]
    for one in changed:
        after[one["position"]] |= {name: one[name] for name in one if name != "position"}
    kept = [owner for place, owner in enumerate(after) if place not in removed]
    return [*kept, *map(dict, wanted.get("add") or ())]


def corrected_numbers(
    before: Sequence[Part], after: Sequence[Part], removed: Collection[int]
) -> dict[str, Part]:
    """Returns the owners who have another number after a correction, by the former number. `removed`: places of owners
    before the correction; added owners stand at the end."""
    kept = [owner for place, owner in enumerate(before) if place not in removed]
    return {
        was["id_number"]: becomes
        for was, becomes in zip(kept, after, strict=False)
        if was["id_number"] and was["id_number"] != becomes["id_number"]
    }


def _check_places(places: Sequence[tuple[str, int]], count: int) -> None:
    faults, seen = [], set()
    for field, place in places:
        if place >= count:
            faults.append(Fault(field, "owner-unknown"))
        elif place in seen:
            faults.append(Fault(field, "owner-twice"))
        seen.add(place)
    if faults:
        raise InvalidFields(faults)


def owners_after(
    owners: Sequence[Part], wanted: Part, findings: Findings, *, older: bool = False
) -> tuple[Owner, ...]:
    """Returns the corrected owners, parsed; `older`: of a permit from before the system. A fault is named by the
    owner's place in the list after the correction."""
    return parse_owners(corrected_owners(owners, wanted), findings, older=older)


def parts_after(
    before: Part, wanted: Part, works: str, *, today: date, towns: Mapping[str, Town]
) -> dict[str, Any]:
    """Returns the parsed parts of a permit that a correction names, in the shape of the contract. Raises
    InvalidFields."""
    findings, after = Findings(), {}
    if use_class := wanted.get("use_class"):
        after["use_class"] = use_class
    if land := wanted.get("land"):
        after["land"] = asdict(_land_after(before["land"], land, findings, today, towns))
    if building := wanted.get("building"):
        built = {**before["building"], **building}
        after["building"] = asdict(parse_building(built, works, findings))
    if office := wanted.get("engineering_office"):
        after["engineering_office"] = asdict(parse_office(office, findings))
    for part in ("contractor", "supervising_office"):
        if office := wanted.get(part):
            after[part] = asdict(parse_office(office, findings, part))
    after |= _paper_parts(before, wanted, findings)
    if owners := wanted.get("owners"):
        older = before.get("origin", Origin.SYSTEM) != Origin.SYSTEM
        corrected = owners_after(before["owners"], owners, findings, older=older)
        after["owners"] = [vars(one) for one in corrected]
    if "representative" in wanted:
        represented = {
            "owners": before["owners"],
            **after,
            "representative": wanted["representative"],
        }
        after["representative"] = _as_document(parse_representative(represented, findings, today))
    findings.settle()
    return after


def _land_after(
    before: Part, wanted: Part, findings: Findings, today: date, towns: Mapping[str, Town]
) -> Land:
    known = towns if other_place(before, wanted) else NO_TOWNS
    after = parse_land({**before, **wanted}, findings, today=today, towns=known)
    moved = (after.latitude, after.longitude) != (before["latitude"], before["longitude"])
    swapped = after.latitude >= after.longitude  # a fault of its own, noted before
    if moved and not swapped and not QATIF.contain(after.latitude, after.longitude):
        # One person corrects and publishes an issued permit: nobody else would see the slip.
        findings.fault("land.latitude", "coordinates-outside")
    return after


def other_place(before: Part, wanted: Part) -> bool:
    """Returns whether a correction changes the place of the land. A district that was recorded before stays."""
    return any(wanted.get(name, before.get(name)) != before.get(name) for name in PLACE)


def _paper_parts(before: Part, wanted: Part, findings: Findings) -> dict[str, Any]:
    """Returns the parts that a paper permit shows beside land and building. A part that is null is removed."""
    after: dict[str, Any] = {}
    if "site" in wanted:
        site = wanted["site"] and corrected_site(before["site"], wanted["site"])
        after["site"] = _as_document(parse_site(site, findings))
    if "clearances" in wanted:
        given = wanted["clearances"] and {**(before["clearances"] or {}), **wanted["clearances"]}
        after["clearances"] = _as_document(parse_clearances(given, findings))
    if "remarks" in wanted:
        after["remarks"] = text_or_none(wanted["remarks"])
    return after


def merged_parts(before: Part, wanted: Part) -> dict[str, Any]:
    """Returns the unparsed site and clearances of a request after a correction: fields that the correction doesn't name
    stay, as in a correction of a permit. A part that is null is removed."""
    merged: dict[str, Any] = {}
    if wanted.get("site"):
        merged["site"] = corrected_site(before["site"], wanted["site"])
    if wanted.get("clearances"):
        merged["clearances"] = {**(before["clearances"] or {}), **wanted["clearances"]}
    return merged


def _as_document(part: Site | Clearances | Representative | None) -> dict[str, Any] | None:
    return asdict(part) if part else None


def district_change(land: Part) -> Changes | None:
    """Returns what the history of a new request or permit says about its land: why a district isn't on the list."""
    reason = land["district_reason"]
    return {"land.district_reason": [None, reason]} if reason else None


def changes(before: Part, after: Part) -> Changes:
    """What's other, by path, from and to, as the history keeps it: of owners masked numbers, and that a name is other
    without the names, since the history is for ever."""
    found: Changes = {}
    for name in PARTS:
        if name in after and after[name] != before.get(name):
            found |= _part_changes(name, before.get(name), after[name])
    if "owners" in after:
        found |= _owner_changes(before["owners"], after["owners"])
    return found


def _part_changes(name: str, before: Any, after: Any) -> Changes:
    if name == "representative":
        return {name: [_capacity_of(before), _capacity_of(after)]}
    if name in ("site", "clearances"):
        return _field_changes(name, before, after)
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return {name: [before, after]}
    return {
        f"{name}.{key}": [before.get(key), value]
        for key, value in after.items()
        if value != before.get(key)
    }


def _field_changes(path: str, before: Any, after: Any) -> Changes:
    """Yields each changed field by its path, at any depth. A missing part has only empty fields."""
    if not (isinstance(before, Mapping) or isinstance(after, Mapping)):
        return {path: [before, after]} if (before or None) != (after or None) else {}
    was, becomes = (part or {} for part in (before, after))
    found: Changes = {}
    for name in was | becomes:
        found |= _field_changes(f"{path}.{name}", was.get(name), becomes.get(name))
    return found


def _capacity_of(part: Any) -> str | None:
    return part["capacity"] if part else None


def _owner_changes(before: Sequence[Part], after: Sequence[Part]) -> Changes:
    """What's other of each owner, by the owner's place; of a place that is there before or after alone, the number."""
    found: Changes = {}
    if len(before) != len(after):
        found["owners"] = [len(before), len(after)]
    both = min(len(before), len(after))
    for place, one in enumerate([*before[both:], *after[both:]], both):
        number = history_value("id_number", one["id_number"])
        change = [number, None] if len(before) > both else [None, number]
        found |= {f"owners.{place}.id_number": change} if number else {}
    for place, (old, new) in enumerate(zip(before, after, strict=False)):
        for name in new:
            if new[name] != old.get(name):
                found[f"owners.{place}.{name}"] = [
                    history_value(name, one.get(name)) for one in (old, new)
                ]
    return found
