"""What is built: whether it's more than a fence, and whether it needs insulation."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from permits.domain.certificates import needs_insulation

FENCE_COMPONENT = "سور"


def describes_building(
    components: Iterable[str], *, floors: int, units: int, built_area_m2: float
) -> bool:
    """Whether a permit describes more than a fence."""
    return bool(floors or units or built_area_m2) or any(
        name != FENCE_COMPONENT for name in components
    )


def building_needs_insulation(works: str, building: Mapping[str, Any], *, on: date) -> bool:
    """Whether works on a building, in the shape of the contract, need insulation before completion on that day."""
    is_building = describes_building(
        (item["component"] for item in building["components"]),
        floors=building["floors"],
        units=building["units"],
        built_area_m2=building["built_area_m2"],
    )
    return needs_insulation(works, describes_building=is_building, on=on)
