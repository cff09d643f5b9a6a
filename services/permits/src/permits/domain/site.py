"""The site, as deed and survey decision tell it: boundaries with their lengths and setbacks, cut corners, the area as
surveyed, the use symbol of the approved plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from permits.domain.reading import Findings, read, required, text_or_none
from saudi.days import add_years
from saudi.measures import parse_measure

SIDES = ("north", "south", "east", "west")
DECISION_YEARS = 3  # Balady: licences of construction and survey decisions hold three years
_SIZES = ("length_m", "street_width_m", "setback_m")


@dataclass(frozen=True)
class Boundary:
    """One side of the land, in metres; `setback_m` is the distance from it to the building."""

    description: str | None
    length_m: float | None
    street_width_m: float | None
    setback_m: float | None


@dataclass(frozen=True)
class SurveyDecision:
    """`decided_on` is ISO 8601."""

    number: str
    decided_on: str | None


@dataclass(frozen=True)
class Site:
    """`boundaries` has each of SIDES; `front` is the side of the main street; `corner_cuts`: corner and length_m."""

    boundaries: dict[str, Boundary | None]
    front: str | None
    corner_cuts: list[dict[str, Any]]
    area_by_nature_m2: float | None
    use_symbol: str | None
    survey_decision: SurveyDecision | None


NOTHING = Site(dict.fromkeys(SIDES), None, [], None, None, None)


def parse_site(data: Mapping[str, Any] | None, findings: Findings) -> Site | None:
    """In the shape of the contract's SiteInput, days as days or as they're kept. None where nothing is known, also of a
    site whose every field is left empty."""
    if data is None:
        return None
    known = data.get("boundaries") or {}
    site = Site(
        boundaries={side: _boundary(known.get(side), side, findings) for side in SIDES},
        front=data.get("front"),
        corner_cuts=_corner_cuts(data.get("corner_cuts") or (), findings),
        area_by_nature_m2=_measure(data, "area_by_nature_m2", "site", findings),
        use_symbol=text_or_none(data.get("use_symbol")),
        survey_decision=_decision(data.get("survey_decision"), findings),
    )
    return site if site != NOTHING else None


def corrected_site(before: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What a correction makes of a site, not parsed yet: sides and fields that it doesn't name stay, of a side too; who
    corrects a setback doesn't type the length again. A side that's null is taken back."""
    was: Mapping[str, Any] = before or {}
    after = {**was, **wanted}
    if wanted.get("boundaries"):
        sides: Mapping[str, Any] = was.get("boundaries") or {}
        named = wanted["boundaries"].items()
        corrected = {side: one and {**(sides.get(side) or {}), **one} for side, one in named}
        after["boundaries"] = {**sides, **corrected}
    return after


def _boundary(data: Mapping[str, Any] | None, side: str, findings: Findings) -> Boundary | None:
    if data is None:
        return None
    path = f"site.boundaries.{side}"
    length, street, setback = (_measure(data, name, path, findings) for name in _SIZES)
    boundary = Boundary(text_or_none(data.get("description")), length, street, setback)
    return boundary if boundary != Boundary(None, None, None, None) else None


def _measure(data: Mapping[str, Any], name: str, path: str, findings: Findings) -> float | None:
    """A size as it's written; a building may stand on the boundary."""
    value: float | None = data.get(name)
    if value is not None:
        read(findings, f"{path}.{name}", parse_measure, value, zero=name == "setback_m")
    return value


def _corner_cuts(data: Sequence[Mapping[str, Any]], findings: Findings) -> list[dict[str, Any]]:
    corners = [one["corner"] for one in data]
    for place, one in enumerate(data):
        path = f"site.corner_cuts.{place}"
        findings.fault(f"{path}.corner", "repeated" if one["corner"] in corners[:place] else None)
        _measure(one, "length_m", path, findings)
    return [dict(one) for one in data]


def _decision(data: Mapping[str, Any] | None, findings: Findings) -> SurveyDecision | None:
    if data is None:
        return None
    number = required(data["number"], "site.survey_decision.number", findings)
    return SurveyDecision(number, day_text(data.get("decided_on")))


def day_text(day: date | str | None) -> str | None:
    """A day as it's kept, ISO 8601; it comes as a day, or as it was kept before."""
    return str(day) if day is not None else None


def look_at_decision(site: Site | None, today: date, findings: Findings) -> None:
    """A request needs a survey decision that still holds; a permit that was issued on one doesn't mind its end."""
    decision = site.survey_decision if site else None
    if decision is None or decision.decided_on is None:
        return
    field, decided_on = "site.survey_decision.decided_on", decision.decided_on
    day = date.fromisoformat(decided_on)
    if day > today:
        findings.warn(field, "decision-in-future", decided_on=decided_on)
    elif (last := add_years(day, DECISION_YEARS)) < today:
        days = {"decided_on": decided_on, "valid_until": last.isoformat()}
        findings.warn(field, "decision-expired", **days)


WARNING_TITLES = {
    "decision-in-future": (
        "تاريخ القرار المساحي لم يأت بعد؛ كُتب {decided_on_hijri}هـ الموافق {decided_on}م",
        "The survey decision's date is still to come; it says {decided_on} ({decided_on_hijri} AH)",
    ),
    "decision-expired": (
        "مضت على القرار المساحي ثلاث سنوات؛ كان آخر يوم له {valid_until_hijri}هـ الموافق {valid_until}م",
        "The survey decision is older than three years; its last day was {valid_until} ({valid_until_hijri} AH)",
    ),
}
