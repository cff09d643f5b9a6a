"""Land and site: plots of a plan, district and deed; boundaries, setbacks and the survey decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from chassis.core.refusals import says_something
from permits.domain.reading import Findings, required, text_or_none
from saudi.coordinates import QATIF, check_order
from saudi.days import add_years, parse_hijri
from saudi.land import (
    Deed,
    deed_date_warning,
    parse_deed_number,
    parse_plan_number,
    parse_plot,
    plan_key,
    plan_number_warning,
)
from saudi.measures import parse_measure
from saudi.text import place_key, tidy


@dataclass(frozen=True)
class Town:
    """A town of contracts/reference/places.yaml. `districts`: name by its search key; `centre`: latitude and
    longitude, if known."""

    municipality: str
    districts: Mapping[str, str]
    centre: tuple[float, float] | None


def listed_district(land: Mapping[str, Any], towns: Mapping[str, Town]) -> str:
    """Returns the district as its list spells it; a district that isn't listed as it is written."""
    written: str = land["district"]
    town = towns.get(land["town"])
    return town.districts.get(place_key(written), written) if town is not None else written


def district_unknown(land: Mapping[str, Any], towns: Mapping[str, Town]) -> bool:
    """Returns whether the land's town has a list of districts without this district."""
    town = towns.get(land["town"])
    if town is None or not town.districts:
        return False
    return place_key(land["district"]) not in town.districts


NO_TOWNS: Mapping[str, Town] = MappingProxyType({})
DEED_TITLES = {"electronic": "صك إلكتروني", "registry": "سجل عقاري", "legacy": "صك ورقي"}


@dataclass(frozen=True)
class Land:
    """Area in square metres, WGS84 degrees; the plan number in its normal form, 713/7."""

    plan_number: str | None
    block: str | None
    plots: list[str]
    town: str
    district: str
    district_reason: str | None
    street: str | None
    deed: Deed | None
    area_m2: float
    latitude: float
    longitude: float


def published_land(land: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the land without the fields that only staff read."""
    return {name: part for name, part in land.items() if name != "district_reason"}


def parse_land(
    data: Mapping[str, Any],
    findings: Findings,
    *,
    today: date,
    towns: Mapping[str, Town] = NO_TOWNS,
) -> Land:
    """Parses land. Several plots are usual; a block, a plan and a deed are often missing in the old quarters.
    `towns`: whose districts are known; another district needs a reason. Without `towns` the recorded district stays."""
    plan = data.get("plan_number")
    if plan is not None and not says_something(plan):
        findings.fault("land.plan_number", "pattern", example="713/7")
        plan = None
    elif plan is not None:
        plan = findings.read("land.plan_number", parse_plan_number, plan)
    if plan and (odd := plan_number_warning(plan)):
        findings.warn("land.plan_number", odd)
    latitude, longitude = data["latitude"], data["longitude"]
    findings.read("land.latitude", check_order, latitude, longitude)
    findings.read("land.area_m2", parse_measure, data["area_m2"])
    if not QATIF.contain(latitude, longitude):
        findings.warn("land.latitude", "outside-governorate")
    return Land(
        plan_number=plan,
        block=text_or_none(data.get("block")),
        plots=_plots(data.get("plots") or (), findings),
        town=data["town"],
        district=required(listed_district(data, towns), "land.district", findings),
        district_reason=_district_reason(data, towns, findings),
        street=text_or_none(data.get("street")),
        deed=_deed(data.get("deed"), findings, today),
        area_m2=data["area_m2"],
        latitude=latitude,
        longitude=longitude,
    )


def _district_reason(
    data: Mapping[str, Any], towns: Mapping[str, Town], findings: Findings
) -> str | None:
    """Returns the reason for a district that isn't on its town's list. Such a district is refused without a reason."""
    written = data.get("district_reason")
    reason = written.strip() if written and says_something(written) else None
    if data["town"] not in towns:
        return reason
    if not district_unknown(data, towns):
        return None
    findings.fault("land.district", None if reason else "district-reason")
    return reason


def _plots(data: Sequence[str], findings: Findings) -> list[str]:
    """Returns the plots, each once: «215» and «٢١٥» are one plot."""
    read_plots = [
        findings.read(f"land.plots.{n}", parse_plot, plot) or "" for n, plot in enumerate(data)
    ]
    return list({plan_key(plot): plot for plot in reversed(read_plots)}.values())[::-1]


def _deed(data: Mapping[str, Any] | None, findings: Findings, today: date) -> Deed | None:
    if data is None:
        return None
    number = findings.read("land.deed.number", parse_deed_number, data["type"], data["number"])
    day = _deed_date(tidy(data.get("date_hijri") or ""), findings, today)
    if data["type"] == "legacy" and not data.get("date_hijri"):
        findings.fault("land.deed.date_hijri", "required")
    return Deed(data["type"], number or "", day, text_or_none(data.get("issuer")))


def _deed_date(written: str, findings: Findings, today: date) -> str | None:
    """Returns the day of the paper, also if the day never existed. The reviewer sees odd days."""
    day = findings.read("land.deed.date_hijri", parse_hijri, written) if written else None
    if day is None:
        return None
    if odd := deed_date_warning(day, today=today):
        findings.warn("land.deed.date_hijri", odd)
    return str(day)


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


EMPTY_SITE = Site(dict.fromkeys(SIDES), None, [], None, None, None)


def parse_site(data: Mapping[str, Any] | None, findings: Findings) -> Site | None:
    """Parses a site in the shape of the contract's SiteInput, with days as days or as stored. None if nothing is
    known, also if every field is empty."""
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
    return site if site != EMPTY_SITE else None


def corrected_site(before: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the unparsed site after a correction. Sides, and fields of a side, that the correction doesn't name
    stay, so that a corrected setback needs no length. A side that is null is removed."""
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
    """Returns a size as it is written. A building may stand on the boundary."""
    value: float | None = data.get(name)
    if value is not None:
        findings.read(f"{path}.{name}", parse_measure, value, zero=name == "setback_m")
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
    """Returns a day as it's stored, ISO 8601."""
    return str(day) if day is not None else None


def warn_of_decision(site: Site | None, today: date, findings: Findings) -> None:
    """Warns of an outdated survey decision. A request needs a decision that still holds; an issued permit doesn't."""
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


DECISION_WARNING_TITLES = {
    "decision-in-future": (
        "تاريخ القرار المساحي لم يأت بعد؛ كُتب {decided_on_hijri}هـ الموافق {decided_on}م",
        "The survey decision's date is still to come; it says {decided_on} ({decided_on_hijri} AH)",
    ),
    "decision-expired": (
        "مضت على القرار المساحي ثلاث سنوات؛ كان آخر يوم له {valid_until_hijri}هـ الموافق {valid_until}م",
        "The survey decision is older than three years; its last day was {valid_until} ({valid_until_hijri} AH)",
    ),
}
