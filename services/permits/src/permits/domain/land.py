"""The land: plots of a plan, a deed, a place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from chassis.core.refusals import says_something
from permits.domain.looking import Town, district_unknown, listed_district
from permits.domain.reading import Findings, read, required, text_or_none
from saudi.coordinates import QATIF, check_order
from saudi.days import parse_hijri
from saudi.land import (
    Deed,
    deed_date_warning,
    parse_deed_number,
    parse_plan_number,
    parse_plot,
    plan_number_warning,
)
from saudi.measures import parse_measure
from saudi.text import tidy

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


def published(land: Mapping[str, Any]) -> dict[str, Any]:
    """The land without what only staff read."""
    return {name: part for name, part in land.items() if name != "district_reason"}


def parse_land(
    data: Mapping[str, Any],
    findings: Findings,
    *,
    today: date,
    towns: Mapping[str, Town] = NO_TOWNS,
) -> Land:
    """Several plots are usual; a block, a plan and a deed are often missing in the old quarters. `towns`: those whose
    districts are known; another district needs its reason. Without them what's recorded stays."""
    plan = data.get("plan_number")
    if plan is not None:
        plan = read(findings, "land.plan_number", parse_plan_number, plan)
    if plan and (odd := plan_number_warning(plan)):
        findings.warn("land.plan_number", odd)
    latitude, longitude = data["latitude"], data["longitude"]
    read(findings, "land.latitude", check_order, latitude, longitude)
    read(findings, "land.area_m2", parse_measure, data["area_m2"])
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
    """Kept for a district that isn't on its town's list, which isn't taken without one."""
    written = data.get("district_reason")
    reason = written.strip() if written and says_something(written) else None
    if data["town"] not in towns:
        return reason
    if not district_unknown(data, towns):
        return None
    findings.fault("land.district", None if reason else "district-reason")
    return reason


def _plots(data: Sequence[str], findings: Findings) -> list[str]:
    return [
        read(findings, f"land.plots.{n}", parse_plot, plot) or "" for n, plot in enumerate(data)
    ]


def _deed(data: Mapping[str, Any] | None, findings: Findings, today: date) -> Deed | None:
    if data is None:
        return None
    number = read(findings, "land.deed.number", parse_deed_number, data["type"], data["number"])
    day = _deed_date(tidy(data.get("date_hijri") or ""), findings, today)
    if data["type"] == "legacy" and not data.get("date_hijri"):
        findings.fault("land.deed.date_hijri", "required")
    return Deed(data["type"], number or "", day, text_or_none(data.get("issuer")))


def _deed_date(written: str, findings: Findings, today: date) -> str | None:
    """The day of the paper, kept also when there never was such a day; odd ones are shown to the reviewer."""
    day = read(findings, "land.deed.date_hijri", parse_hijri, written) if written else None
    if day is None:
        return None
    if odd := deed_date_warning(day, today=today):
        findings.warn("land.deed.date_hijri", odd)
    return str(day)
