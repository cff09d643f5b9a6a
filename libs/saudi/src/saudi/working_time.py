"""Working time: Sunday to Thursday, without the holidays, in the hours of the season.

Holidays and the hours of Ramadan are announced each year, so they're data of the caller:

    WorkingTime(
        hours=Hours(time(7, 30), time(14, 30)),
        seasons=(Season(*hijri_month(1448, 9), Hours(time(10), time(15))),),
        holidays=frozenset({date(2026, 9, 23)}),
    )
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from saudi.days import RIYADH, hijri_month, legal_day, parse_day

SUNDAY_TO_THURSDAY = frozenset({6, 0, 1, 2, 3})  # as date.weekday() counts
_FARTHEST = timedelta(days=366)


class NoWorkingDay(Exception):
    """A whole year has no working day: the holidays are wrong."""


@dataclass(frozen=True)
class Hours:
    """Opening and closing time in Riyadh, on one day."""

    opens: time
    closes: time

    @classmethod
    def read(cls, document: Mapping[str, str]) -> Self:
        """Reads `opens` and `closes` as HH:MM."""
        return cls(time.fromisoformat(document["opens"]), time.fromisoformat(document["closes"]))


@dataclass(frozen=True)
class Season:
    """Other hours from the first day to the last, both included."""

    first: date
    last: date
    hours: Hours


@dataclass(frozen=True, kw_only=True)
class WorkingTime:
    """When an office works. Where seasons overlap, the one named first holds."""

    hours: Hours
    seasons: tuple[Season, ...] = ()
    holidays: frozenset[date] = frozenset()
    weekdays: frozenset[int] = SUNDAY_TO_THURSDAY

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Reads data: `hours` and `ramadan` ({opens, closes}), `ramadan_years` (Hijri), `holidays` ([{first, last}],
        days of either calendar, both included)."""
        ramadan = Hours.read(document["ramadan"])
        return cls(
            hours=Hours.read(document["hours"]),
            seasons=tuple(
                Season(*hijri_month(year, 9), ramadan) for year in document["ramadan_years"]
            ),
            holidays=frozenset(_days(document["holidays"])),
        )

    def is_working_day(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.holidays

    def hours_on(self, day: date) -> Hours | None:
        """Returns the hours of a day; None when the office is closed."""
        return self._season_hours(day) if self.is_working_day(day) else None

    def _season_hours(self, day: date) -> Hours:
        found = (one.hours for one in self.seasons if one.first <= day <= one.last)
        return next(found, self.hours)

    def add_working_days(self, day: date, count: int) -> date:
        """Returns the `count`-th working day after a day, which itself isn't counted. With 0 the day itself
        when it's a working day, else the next one. Raises NoWorkingDay, OverflowError, and ValueError
        for a negative count."""
        if count < 0:
            raise ValueError("working days are counted forward")
        if count == 0 and self.is_working_day(day):
            return day
        days = self._working_days_after(day)
        for _ in range(max(count, 1) - 1):
            next(days)
        return next(days)

    def working_days_between(self, first: date, last: date) -> int:
        """Returns how many working days lie after `first`, up to and with `last`."""
        span = range(1, (last - first).days + 1)
        return sum(self.is_working_day(first + timedelta(days=n)) for n in span)

    def add_working_time(self, moment: datetime, span: timedelta) -> datetime:
        """Returns the moment after so much of working time. What comes in outside the hours counts from the
        next opening. Aware in Riyadh's time. Raises NoWorkingDay, OverflowError."""
        left = span
        for opens, closes in self._spells(moment):
            if opens + left <= closes:
                return opens + left
            left -= closes - opens
        raise AssertionError("spells never end")

    def working_time_between(self, first: datetime, last: datetime) -> timedelta:
        """Returns the working time that lies between two moments; none when they're reversed."""
        end = last.astimezone(RIYADH)
        spent, day = timedelta(0), first.astimezone(RIYADH).date()
        while day <= end.date():
            if hours := self.hours_on(day):
                opens = max(first, datetime.combine(day, hours.opens, RIYADH))
                closes = min(end, datetime.combine(day, hours.closes, RIYADH))
                spent += max(closes - opens, timedelta(0))
            day += timedelta(days=1)
        return spent

    def due_after_days(self, moment: datetime, count: int) -> datetime:
        """When something received at a moment is due in `count` working days: at closing time of the
        last of them. The day of receipt isn't counted. Raises NoWorkingDay, OverflowError."""
        day = self.add_working_days(legal_day(moment), count)
        return datetime.combine(day, self._season_hours(day).closes, RIYADH)

    def _spells(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The rest of the moment's own hours, then the hours of each working day after it."""
        local = moment.astimezone(RIYADH)
        days = self._working_days_after(local.date() - timedelta(days=1))
        for day in days:
            hours = self._season_hours(day)
            opens = max(local, datetime.combine(day, hours.opens, RIYADH))
            closes = datetime.combine(day, hours.closes, RIYADH)
            if opens < closes:
                yield opens, closes

    def _working_days_after(self, day: date) -> Iterator[date]:
        previous = day
        while True:
            day += timedelta(days=1)
            if self.is_working_day(day):
                previous = day
                yield day
            elif day - previous > _FARTHEST:
                raise NoWorkingDay(f"no working day in the year after {previous}")


def _days(holidays: Iterable[Mapping[str, str]]) -> Iterator[date]:
    for holiday in holidays:
        day, last = parse_day(holiday["first"]), parse_day(holiday["last"])
        while day <= last:
            yield day
            day += timedelta(days=1)
