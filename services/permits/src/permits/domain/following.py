"""Permits that follow one another: what a renewal and a transfer may change, and whether insulation goes with them.

A renewal is of the same land, owners and building, and says how far construction is; what differs is another kind of
request, which the refusal names (Balady asks for the construction state of a renewal; the licensing regulation renews a
permit whose construction isn't finished). A transfer changes the owners only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from chassis.core.refusals import Findings
from permits.domain.permits import KINDS, Kind, expiry
from saudi.land import plan_key
from saudi.text import compact, place_key, search_key


class Construction(StrEnum):
    """How far the building is, as Balady asks it of a renewal."""

    NOT_STARTED = "not_started"
    UNDER_CONSTRUCTION = "under_construction"
    FINISHED = "existing_building"


@dataclass(frozen=True)
class Before:
    """What the previous permit says; its parts have the shape of the contract."""

    works: str
    land: Mapping[str, Any]
    building: Mapping[str, Any]
    owners: tuple[Mapping[str, Any], ...]


def check_following(
    kind: Kind, before: Before, application: Mapping[str, Any], findings: Findings
) -> None:
    """Notes what a renewal or a transfer may not change. `application` has the parsed parts as plain values."""
    if not KINDS[kind].same_works:
        return
    if _land(application["land"]) != _land(before.land):
        findings.fault("land", "other-land")
    if adds_to(before.building, application["building"]):
        findings.fault("building", "other-building")
    if kind is Kind.RENEWAL:
        if _owners(application["owners"]) != _owners(before.owners):
            findings.fault("owners", "other-owners")
        _check_construction(application.get("construction_state"), findings)


def _check_construction(state: str | None, findings: Findings) -> None:
    if state is None:
        findings.fault("construction_state", "required")
    elif state == Construction.FINISHED:
        findings.fault("construction_state", "construction-finished")


def adds_to(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a building has parts, floors or area that it didn't have: what must be insulated and isn't yet."""
    grown = any(after[name] > before[name] for name in ("floors", "units", "built_area_m2"))
    return grown or bool(_parts(after) - _parts(before))


def keeps_insulation(kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the building's insulation goes to the permit that takes this one's place. Insulation belongs to the
    building: a renewal and a transfer keep it, and so does an amendment that adds nothing."""
    rule = KINDS[kind]
    return rule.ends_as is not None and (rule.same_works or not adds_to(before, after))


def expiry_of(kind: Kind, issued_on: date, years: int, before: date | None) -> date:
    """The last valid day. A sale doesn't prolong a permit: a transfer ends when the permit before it would have."""
    if kind is Kind.OWNERSHIP_TRANSFER and before is not None:
        return before
    return expiry(issued_on, years)


def _parts(building: Mapping[str, Any]) -> set[str]:
    return {place_key(part["component"]) for part in building["components"] if part["area_m2"]}


def _land(land: Mapping[str, Any]) -> tuple[Any, ...]:
    plan, block = land["plan_number"], land["block"]
    return (
        plan_key(plan) if plan else None,
        compact(block) if block else None,
        frozenset(map(compact, land["plots"])),
        place_key(land["town"]),
        place_key(land["district"]),
    )


def _owners(owners: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Each owner by number, or by name where there's none."""
    return {(one["id_type"], one["id_number"] or search_key(one["name"])) for one in owners}
