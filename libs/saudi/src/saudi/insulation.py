"""Thermal insulation: the findings of an inspection that no insulated stage has. The company's entries are checked by
them at the gateway, and an inspector's visits in permits."""

from collections.abc import Mapping
from decimal import Decimal

# Bounds of plausibility in W/m2K, by stage. A stage above them isn't insulated, whatever the Code asks: the limits of
# the Saudi Building Code (SBC 601, 602) depend on the building and its zone, and their text isn't at hand.
USUAL_U_VALUES: Mapping[str, tuple[Decimal, Decimal]] = {
    "walls": (Decimal("0.1"), Decimal("1.5")),
    "roof": (Decimal("0.1"), Decimal("1.0")),
    "windows": (Decimal("0.5"), Decimal("6.0")),
}
LETTERS_OF_MATERIALS = 2
U_VALUE_IMPLAUSIBLE, MATERIALS_UNCLEAR = "u-value-implausible", "materials-unclear"


def is_usual_u_value(stage: str, u_value: Decimal) -> bool:
    """Returns whether the U-value is within the bounds of the stage."""
    least, most = USUAL_U_VALUES[stage]
    return least <= u_value <= most


def doubtful_findings(
    stage: str, u_value: Decimal | None, materials: str | None
) -> Mapping[str, str]:
    """Returns the fields of a passed stage that no insulated stage has, with the code of each fault: a U-value above
    the bounds, and materials that name nothing. A certificate would issue itself on such a slip."""
    found: dict[str, str] = {}
    if u_value is not None and u_value > USUAL_U_VALUES[stage][1]:
        found["u_value"] = U_VALUE_IMPLAUSIBLE
    if materials is not None and sum(map(str.isalpha, materials)) < LETTERS_OF_MATERIALS:
        found["materials"] = MATERIALS_UNCLEAR
    return found
