"""What is built: whether it's more than a fence, whether it leaves a building, and whether it needs insulation."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from permits.domain.certificates import needs_insulation
from permits.domain.permits import Kind

FENCE_COMPONENT = "سور"

WITHOUT_BUILDING = "works-without-building"
# Which works leave a building that people may occupy and that current is released to. A fence and a demolition don't,
# whatever their permits describe: who built more than a fence asks for a permit of what was built. Works that aren't
# here leave none.
LEAVE_BUILDING: Mapping[str, bool] = {
    Kind.NEW: True,
    Kind.ADDITION: True,
    Kind.RESTORATION: True,
    Kind.CORRECTION: True,
    Kind.FENCE: False,
    Kind.DEMOLITION: False,
    Kind.SITE_PREPARATION: False,
    Kind.CHANGE_OF_USE: True,
}


def leave_building(works: str) -> bool:
    """Whether there can be an occupancy certificate and a release of current."""
    return LEAVE_BUILDING.get(works, False)


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
