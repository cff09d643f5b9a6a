"""The days of the rows of a version: when what holds changes, rows that never hold, and days that no row has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from chassis.core.refusals import Fault

MOST_DAYS = 12  # on which a version changes, its first day included
Document = Mapping[str, Any]
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Period:
    """The days from the `first` to the `last` on which a row of a fee or an activity holds. `begin` and `end` are the
    places of both days in the document, such as `fees.3.since`; `halalas` is None for an activity."""

    part: str
    code: str
    first: date
    last: date
    begin: str
    end: str
    halalas: int | None = None

    def meets(self, first: date, last: date) -> bool:
        """Returns whether the row holds on one of the days."""
        return self.first <= last and first <= self.last


def periods_of(document: Document) -> list[Period]:
    """Returns the days of each row, fees before activities. A row that ends before it begins counts as a row without an
    end: its own fault is named, and no other fault follows from it."""
    fees = [
        Period(
            part="fees",
            code=fee["code"],
            first=date.fromisoformat(fee["since"]),
            last=_last_day(fee.get("until")),
            begin=f"fees.{place}.since",
            end=f"fees.{place}.until",
            halalas=fee["halalas"],
        )
        for place, fee in enumerate(document["fees"])
    ]
    activities = [
        Period(
            part="activities",
            code=activity["code"],
            first=date.fromisoformat(activity.get("in_force_from") or date.min.isoformat()),
            last=_last_day(activity.get("in_force_until")),
            begin=f"activities.{place}.in_force_from",
            end=f"activities.{place}.in_force_until",
        )
        for place, activity in enumerate(document["activities"])
    ]
    return [
        one if one.first <= one.last else replace(one, last=date.max)
        for one in (*fees, *activities)
    ]


def _last_day(text: str | None) -> date:
    return date.fromisoformat(text) if text else date.max


def days_of_change(document: Document) -> list[date]:
    """Returns the days on which what holds changes: the version's first day, and each later day on which a row begins
    or doesn't hold any more."""
    first_day = date.fromisoformat(document["effective_from"])
    later = {day for one in periods_of(document) for day, _ in _changes(one) if day > first_day}
    return [first_day, *sorted(later)]


def _changes(period: Period) -> Iterator[tuple[date, str]]:
    """Yields the days on which a row begins and doesn't hold any more, each with its place."""
    yield period.first, period.begin
    if period.last < date.max:
        yield period.last + _DAY, period.end


def many_days_faults(document: Document) -> Iterator[Fault]:
    """Yields each day of a row beyond the days that a version may change on: a replay tries all of them."""
    beyond = set(days_of_change(document)[MOST_DAYS:])
    for period in periods_of(document):
        for day, place in _changes(period):
            if day in beyond:
                yield Fault(place, "rule-days-many", {"limit": MOST_DAYS})


def past_row_faults(document: Document, before: Document) -> Iterator[Fault]:
    """Yields each row that ends before the version's first day, so that it never holds. A row that stood in the version
    `before` may stay where a later row of the fee follows: the table then shows what the amount was. An activity that
    had ended may stay too."""
    first_day = date.fromisoformat(document["effective_from"])
    stood = periods_of(before)
    periods = periods_of(document)
    for period in periods:
        if period.last < first_day and not _is_history(period, periods, stood, first_day):
            yield Fault(
                period.end,
                "rule-row-past",
                {"code": period.code, "last": period.last, "first_day": first_day},
            )


def _is_history(
    period: Period, periods: list[Period], stood: list[Period], first_day: date
) -> bool:
    same = [
        one
        for one in stood
        if (one.part, one.code, one.first, one.halalas)
        == (period.part, period.code, period.first, period.halalas)
    ]
    had_ended = any(one.last == period.last for one in same)
    is_followed = any(
        one.last >= first_day and (one.part, one.code) == (period.part, period.code)
        for one in periods
    )
    return had_ended or (bool(same) and is_followed)


def open_days_faults(document: Document, before: Document) -> Iterator[Fault]:
    """Yields each row before which its fee, or its activity, has no row for some days from the version's first day on.
    Days without a row in the version `before` may stay so, and a new fee or activity may begin later."""
    first_day = date.fromisoformat(document["effective_from"])
    stood = periods_of(before)
    by_code: dict[tuple[str, str], list[Period]] = {}
    for period in periods_of(document):
        if period.last >= first_day:
            by_code.setdefault((period.part, period.code), []).append(period)
    for key, periods in by_code.items():
        earlier = [one for one in stood if (one.part, one.code) == key]
        for first, row in _open_days(periods, first_day):
            last = row.first - _DAY
            is_between = first > first_day
            if any(one.meets(first, last) for one in earlier) or (is_between and not earlier):
                yield Fault(
                    row.begin, "rule-days-open", {"code": row.code, "first": first, "last": last}
                )


def _open_days(periods: list[Period], first_day: date) -> Iterator[tuple[date, Period]]:
    """Yields the first day without a row, and the row that begins after the days without one."""
    expected = first_day
    for row in sorted(periods, key=lambda one: one.first):
        if row.first > expected:
            yield expected, row
        if row.last == date.max:
            return
        expected = max(expected, row.last + _DAY)
