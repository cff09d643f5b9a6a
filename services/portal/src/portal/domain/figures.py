"""The municipality's figures by month, and which of them are published. Pure.

A small count may point to a person, so no count from one to four is published. A sum beside its parts would reveal a
count that is left out; then a further part is left out, or the sum itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


def _publish_month(month: date, sums: Mapping[str, int]) -> MonthFigures:
    total, parts = publish(sums)
    return MonthFigures(month, total, {code: one for code, one in parts.items() if code})


def publish(sums: Mapping[str, int]) -> tuple[Figure, Mapping[str, Figure]]:
    """Returns the sum and its parts as they are published. Parts that are left out make at least ten together, so that
    neither can be computed; else the sum is left out too."""
    total = sum(sums.values())
    hidden = [code for code, count in sums.items() if _is_few(count)]
    if _is_few(total) or not hidden:
        return _figure(total), {code: _figure(count) for code, count in sums.items()}
    for code in sorted((one for one in sums if sums[one] >= LEAST), key=sums.__getitem__):
        if len(hidden) > 1 and _sum_of(hidden, sums) >= 2 * LEAST:
            break
        hidden.append(code)
    is_shown = len(hidden) > 1 and _sum_of(hidden, sums) >= 2 * LEAST
    shown = {
        code: Figure(None, _is_few(count)) if code in hidden else Figure(count)
        for code, count in sums.items()
    }
    return Figure(total) if is_shown else Figure(None), shown


def _figure(count: int) -> Figure:
    return Figure(None, is_few=True) if _is_few(count) else Figure(count)


def _is_few(count: int) -> bool:
    return 0 < count < LEAST


def _sum_of(codes: Sequence[str], sums: Mapping[str, int]) -> int:
    return sum(sums[one] for one in codes)
