"""What counts of all that was entered about a building's insulation.

The company's entries arrive late, twice and in any order. `standing` reads them in the order in which they were made
(`at`, by the gateway's clock), so that what counts doesn't depend on when they arrive. Of a stage the visit of the
latest day counts, whenever it was entered. A failed visit that counts takes the certificate's ground away, and the
number that was given before it: the company gives a new one when the stage has passed. Withdrawn, everything begins
anew, with visits from that day on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from permits.domain.certificates import FAIL, PASS, STAGE_TITLES, Stage


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What an inspector found. `place` orders facts of one moment."""

    at: datetime
    place: tuple[int | str, ...]
    stage: Stage
    result: str
    inspected_on: date


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """The company gave its certificate's number, or the municipality's officer issued one."""

    at: datetime
    place: tuple[int | str, ...]
    number: str


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What was entered before doesn't count any more. `visited_from`: nor does a later entry about a visit before that
    day; None where a record was voided, and the same visit may be entered again."""

    at: datetime
    place: tuple[int | str, ...]
    visited_from: date | None


Fact = Visit | Numbered | Ended


@dataclass
class Standing:
    """What counts: the latest visit of each stage, and the number since which nothing failed."""

    latest: dict[Stage, Visit] = field(default_factory=dict)
    number: str | None = None

    @property
    def missing(self) -> list[Stage]:
        """The stages that haven't passed."""
        return [one for one in Stage if one not in self.latest or self.latest[one].result != PASS]

    @property
    def in_force(self) -> bool:
        """Whether there's a certificate to issue, or to leave in force."""
        return not self.missing and self.number is not None

    @property
    def last_day(self) -> date | None:
        """The day of the last visit that counts."""
        return max((visit.inspected_on for visit in self.latest.values()), default=None)


def standing(facts: Iterable[Fact]) -> Standing:
    """What counts of the facts, whatever order they're given in."""
    found, from_day = Standing(), None
    for fact in sorted(facts, key=lambda one: (one.at, one.place)):
        if isinstance(fact, Ended):
            found = Standing()
            from_day = fact.visited_from
        elif isinstance(fact, Numbered):
            found.number = found.number if found.in_force else fact.number
        elif from_day is None or fact.inspected_on >= from_day:
            _visit(found, fact)
    return found


def _visit(found: Standing, visit: Visit) -> None:
    before = found.latest.get(visit.stage)
    if before is not None and visit.inspected_on < before.inspected_on:
        return
    found.latest[visit.stage] = visit
    if visit.result == FAIL:
        found.number = None


class Oddity(StrEnum):
    """What a visit is taken with, and the record says."""

    OUT_OF_ORDER = "out-of-order"
    UNUSUAL_U_VALUE = "unusual-u-value"


ODDITY_TITLES = {
    Oddity.OUT_OF_ORDER: (
        "عوينت قبل المرحلة السابقة لها",
        "Seen before the stage that comes before it",
    ),
    Oddity.UNUSUAL_U_VALUE: ("معامل الانتقال الحراري غير مألوف", "Unusual U-value"),
}
# Bounds of plausibility in W/m2K, which only warn: the limits of the Saudi Building Code (SBC 601, 602) depend on the
# building and its zone, and their text isn't at hand.
USUAL_U_VALUES = {
    Stage.WALLS: (Decimal("0.1"), Decimal("1.5")),
    Stage.ROOF: (Decimal("0.1"), Decimal("1.0")),
    Stage.WINDOWS: (Decimal("0.5"), Decimal("6.0")),
}


def oddities(
    stage: Stage, inspected_on: date, days: Mapping[Stage, date], u_value: Decimal | None
) -> list[Oddity]:
    """What's odd about a visit; `days` are those of the visits that count. The stages' usual order is that of building:
    walls, roof, windows."""
    found = []
    before = list(Stage)[: list(Stage).index(stage)]
    if any(one not in days or days[one] > inspected_on for one in before):
        found.append(Oddity.OUT_OF_ORDER)
    low, high = USUAL_U_VALUES[stage]
    if u_value is not None and not low <= u_value <= high:
        found.append(Oddity.UNUSUAL_U_VALUE)
    return found


def why_revoked(failed: Sequence[Visit]) -> str:
    """The reason of a certificate that stages took away that failed after its issue, as its owner reads it."""
    found = [
        f"{STAGE_TITLES[visit.stage]['ar']} ({visit.inspected_on:%Y/%m/%d}م)" for visit in failed
    ]
    return f"لم تجتز المعاينة بعد الإصدار: {'، '.join(found)}."
