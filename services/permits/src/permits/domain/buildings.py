"""The building: its components, areas and sizes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from permits.domain.permits import Kind
from permits.domain.reading import Findings, read, required, text_or_none
from permits.domain.works import FENCE_COMPONENT
from saudi.measures import parse_measure


@dataclass(frozen=True)
class Component:
    component: str
    units: int
    area_m2: float
    use: str | None


@dataclass(frozen=True)
class Building:
    """Areas in square metres, lengths in metres."""

    description: str | None
    components: list[Component]
    built_area_m2: float
    floors: int
    units: int
    height_m: float | None
    coverage_percent: float | None
    fence_length_m: float | None


def parse_building(data: Mapping[str, Any], works: str, findings: Findings) -> Building:
    """A fence has a length and may have no area, a prepared site has no building; any other building has an area."""
    fence, site = works == Kind.FENCE, works == Kind.SITE_PREPARATION
    length, height = data.get("fence_length_m"), data.get("height_m")
    read(
        findings, "building.built_area_m2", parse_measure, data["built_area_m2"], zero=fence or site
    )
    for name in ("built_area_m2", "floors", "units") if site else ():
        findings.fault(f"building.{name}", "not-allowed" if data[name] else None)
    if fence and length is None:
        findings.fault("building.fence_length_m", "required")
    for name in ("fence_length_m", "height_m", "coverage_percent"):
        if (value := data.get(name)) is not None:
            read(findings, f"building.{name}", parse_measure, value)
    components = [
        _component(item, f"building.components.{n}", findings)
        for n, item in enumerate(data["components"])
    ]
    return Building(
        description=text_or_none(data.get("description")),
        components=components,
        built_area_m2=data["built_area_m2"],
        floors=data["floors"],
        units=data["units"],
        height_m=height,
        coverage_percent=data.get("coverage_percent"),
        fence_length_m=length,
    )


def _component(data: Mapping[str, Any], path: str, findings: Findings) -> Component:
    name = required(data["component"], f"{path}.component", findings)
    zero = name == FENCE_COMPONENT
    read(findings, f"{path}.area_m2", parse_measure, data["area_m2"], zero=zero)
    return Component(name, data["units"], data["area_m2"], text_or_none(data.get("use")))
