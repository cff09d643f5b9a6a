"""The table of a year: how many applications were submitted in each month, by their present status. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.core.refusals import InvalidFields
from saudi import Malformed
from saudi.days import Month, midnight, midnight_after, parse_month
from saudi.text import fold_digits

STATUSES = (
    *("submitted", "waiting", "returned", "in_review", "inspection"),
    *("awaiting_payment", "issued", "refused", "withdrawn"),
)
TOTAL = "total"


@dataclass(frozen=True)
class MonthRow:
    """A month, and its numbers by status and in total."""

    month: Month
    counts: Mapping[str, int]


def months_of(year: str) -> Sequence[Month]:
    """Returns the twelve months of a year of either calendar, in any digits. Raises InvalidFields on `year`."""
    digits = fold_digits(year)
    try:
        return [parse_month(f"{digits}/{month:02}") for month in range(1, 13)]
    except Malformed:
        raise InvalidFields.of("year", "year") from None


def bounds_of(months: Sequence[Month]) -> list[datetime]:
    """Returns the first moment of each month in Riyadh, and the moment behind the last month."""
    return [*(midnight(one.first) for one in months), midnight_after(months[-1].last)]


def rows_of(months: Sequence[Month], found: Mapping[tuple[int, str], int]) -> Sequence[MonthRow]:
    """Returns the rows of the table. `found`: numbers by the place of the month, from 1, and the status."""
    return [
        MonthRow(month, with_total({one: found.get((place, one), 0) for one in STATUSES}))
        for place, month in enumerate(months, start=1)
    ]


def sum_of(rows: Iterable[MonthRow]) -> Mapping[str, int]:
    """Returns the numbers of the whole year."""
    every = [row.counts for row in rows]
    return with_total({one: sum(counts[one] for counts in every) for one in STATUSES})


def with_total(counts: Mapping[str, int]) -> Mapping[str, int]:
    """Returns numbers by status with their sum."""
    return {**counts, TOTAL: sum(counts.values())}
