"""What a release of current needs, by days: rules change, code doesn't.

The law on it changed four times in fifteen years. Insulation is verified in every rule (Cabinet, April 2020, «whatever
else isn't asked for»); a day that no rule covers is refused.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from permits.domain.occupancy import Kind as OccupancyKind
from permits.domain.permits import Status as PermitStatus


class Extent(StrEnum):
    """The extent of current that an owner asks for and the municipality approves."""

    PARTIAL = "partial"
    FULL = "full"


@dataclass(frozen=True)
class ReleaseRule:
    """`occupancy`: the kinds of occupancy certificate of which one is needed; none when it's empty."""

    extent: Extent
    occupancy: frozenset[str]
    effective_from: date
    effective_until: date | None
    source: str


_FINAL = frozenset({OccupancyKind.FINAL.value})
_NONE: frozenset[str] = frozenset()
RELEASE_RULES = (
    ReleaseRule(
        Extent.PARTIAL, _NONE, date(2010, 9, 1), None,
        "Royal order 6927/م ب of 22/9/1431H: no service without insulation; nothing else is asked of a partial release",
    ),
    ReleaseRule(
        Extent.FULL, _NONE, date(2010, 9, 1), date(2017, 1, 23),
        "The same order",
    ),
    ReleaseRule(
        Extent.FULL, _FINAL, date(2017, 1, 24), date(2019, 9, 17),
        "Royal decree M/43 of 1438H, article 9: the occupancy certificate is a condition of services",
    ),
    ReleaseRule(
        Extent.FULL, _NONE, date(2019, 9, 18), date(2024, 10, 12),
        "Royal decree M/15 of 19/1/1441H; Cabinet, April 2020: no certificate is asked for, insulation is verified",
    ),
    ReleaseRule(
        Extent.FULL, _FINAL, date(2024, 10, 13), None,
        "Royal decree M/88 of 10/4/1446H: the occupancy certificate is a basic condition of the full release",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Grounds:
    """The grounds of a release on a day. `permit`: the effective status; `insulation`: why no insulation certificate
    is in force, None if one is; `occupancy`: the kind of the occupancy certificate in force."""

    permit: str
    insulation: str | None
    occupancy: str | None

    @property
    def permit_stands(self) -> bool:
        return self.permit in (PermitStatus.VALID, PermitStatus.COMPLETED)


PERMIT_NOT_VALID, OCCUPANCY_MISSING, NO_RULE = "permit-not-valid", "occupancy-missing", "no-rule"
PERMIT_CANCELLED = "permit-cancelled"


def rule_of(extent: Extent, on: date) -> ReleaseRule | None:
    """Returns the rule of a day; None if no rule covers the day."""
    for rule in RELEASE_RULES:
        if rule.extent is extent and rule.effective_from <= on <= (
            rule.effective_until or date.max
        ):
            return rule
    return None


def missing(extent: Extent, grounds: Grounds, on: date) -> str | None:
    """Returns the code of what is missing for an approval of that extent on a day; None if nothing is missing."""
    if not grounds.permit_stands:
        return PERMIT_NOT_VALID
    return _missing_below(extent, grounds, on)


def missing_of_supply(extent: Extent, grounds: Grounds, on: date) -> str | None:
    """Returns the code of the ground that current in use has lost. An expired or suspended permit cuts no current:
    an order for danger does."""
    if grounds.permit == PermitStatus.CANCELLED:
        return PERMIT_CANCELLED
    return _missing_below(extent, grounds, on)


def _missing_below(extent: Extent, grounds: Grounds, on: date) -> str | None:
    rule = rule_of(extent, on)
    if rule is None:
        return NO_RULE
    if grounds.insulation is not None:
        return grounds.insulation
    if rule.occupancy and grounds.occupancy not in rule.occupancy:
        return OCCUPANCY_MISSING
    return None


def needs_occupancy(extent: Extent, on: date) -> bool:
    """Returns whether the rule of that day requires an occupancy certificate."""
    rule = rule_of(extent, on)
    return rule is None or bool(rule.occupancy)
