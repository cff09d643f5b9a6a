"""The municipality's figures by month, and which of them are published. Pure.

A small count may point to a person, so no count from one to four is published. A sum beside its parts would reveal a
count that is left out; then a further part is left out, or the sum itself. The branches of the municipality divide the
same sum once more, so a month has figures of branches only where the sum is published beside both.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

LEAST = 5
MONTHS = 12
OPENED, DECIDED = "opened_on", "decided_on"
CATEGORY, KIND, TIMING = "category", "kind", "timing"
TIMINGS = ("in_time", "late", "untimed")


@dataclass(frozen=True)
class Series:
    """What is counted by month: the kinds of things, by the day of their opening or of their decision. `parts`: by what
    the count is divided."""

    code: str
    kinds: tuple[str, ...]
    by: str
    parts: str | None = None


SERIES: Mapping[str, Series] = {
    one.code: one
    for one in (
        Series("reports", ("report",), OPENED, CATEGORY),
        Series("reports-ended", ("report",), DECIDED, TIMING),
        Series(
            "building-permits",
            ("building_permit", "demolition_restoration_permit"),
            OPENED,
            KIND,
        ),
        Series(
            "licences", ("shop_licence", "professional_licence", "office_licence"), OPENED, KIND
        ),
        Series("health-certificates", ("health_certificate",), OPENED),
        Series("appointments", ("appointment",), OPENED),
        Series("transactions", ("transaction",), OPENED),
    )
}


@dataclass(frozen=True)
class MonthCount:
    """A count of things of a kind in a month («2026-10»), by their opening or by their decision."""

    kind: str
    by: str
    month: str
    category: str | None
    timing: str | None
    count: int
    municipality: str | None = None


@dataclass(frozen=True)
class Figure:
    """A figure as it's published. `count` is None where nothing is published; `is_few`: because it's 1 to 4."""

    count: int | None
    is_few: bool = False


@dataclass(frozen=True)
class MonthFigures:
    """The figures of a series in a month: the sum and its parts by code."""

    month: date
    total: Figure
    parts: Mapping[str, Figure]


def months_before(today: date) -> Sequence[date]:
    """Returns the first days of the last twelve whole months, the oldest first."""
    last = today.year * 12 + today.month - 1
    return [date(one // 12, one % 12 + 1, 1) for one in range(last - MONTHS, last)]


def figures_of(
    series: Series,
    counts: Sequence[MonthCount],
    today: date,
    part_of: Callable[[Series, MonthCount], str | None],
) -> Sequence[MonthFigures]:
    """Returns a series by month, the oldest month first, from the first month in which anything at all was counted.
    `part_of` returns the part of the series to which a count belongs, None where the series has no parts."""
    began = min((one.month for one in counts), default="")
    months = [one for one in months_before(today) if f"{one:%Y-%m}" >= began] if began else []
    sums: dict[date, dict[str, int]] = {month: {} for month in months}
    for one in counts:
        parts = sums.get(date.fromisoformat(f"{one.month}-01"))
        if parts is not None and one.kind in series.kinds and one.by == series.by:
            part = part_of(series, one) or ""
            parts[part] = parts.get(part, 0) + one.count
    return [_publish_month(month, parts) for month, parts in sums.items()]


def branch_figures_of(
    series: Series,
    counts: Sequence[MonthCount],
    today: date,
    totals: Sequence[MonthFigures],
    branches: Collection[str],
) -> Sequence[MonthFigures]:
    """Returns a series by month and branch. `totals`: the same series as `figures_of` returns it with its own parts.
    The branches of a month are left out where its sum is left out, because the sum would follow from them, and where
    they would take the sum with them."""
    divided = figures_of(series, counts, today, lambda _, one: one.municipality)
    left_out = dict.fromkeys(branches, Figure(None))
    return [
        replace(
            total,
            parts=left_out if None in (total.total.count, one.total.count) else one.parts,
        )
        for total, one in zip(totals, divided, strict=True)
    ]


def _publish_month(month: date, sums: Mapping[str, int]) -> MonthFigures:
    total, parts = publish(sums)
    return MonthFigures(month, total, {code: one for code, one in parts.items() if code})


def publish(sums: Mapping[str, int]) -> tuple[Figure, Mapping[str, Figure]]:
    """Returns the sum and its parts as they are published. Beside parts from one to four, parts of five or more are
    left out until no part that is left out follows from the sum; else the sum is left out too. They are taken in the
    order of their codes: by their size, they would tell of themselves that they are smaller than what is published."""
    total = sum(sums.values())
    parts = {code: _figure(count) for code, count in sums.items()}
    few = [code for code, count in sums.items() if _is_few(count)]
    if _is_few(total):
        # Four parts of a sum that is fewer than five are one each.
        return Figure(None, is_few=len(few) < LEAST - 1), parts
    if not few:
        return Figure(total), parts
    hidden = list(few)
    for code in sorted(code for code, count in sums.items() if count >= LEAST):
        hidden.append(code)
        parts[code] = Figure(None)
        if _is_open(sums[one] for one in hidden):
            return Figure(total), parts
    return Figure(None), parts


def _is_open(counts: Iterable[int]) -> bool:
    """Returns whether the parts that are left out, one of them five or more, can make their sum in several ways."""
    least = {True: 1, False: LEAST}
    return sum(one - least[_is_few(one)] for one in counts) >= LEAST - 2


def _figure(count: int) -> Figure:
    return Figure(None, is_few=True) if _is_few(count) else Figure(count)


def _is_few(count: int) -> bool:
    return 0 < count < LEAST
