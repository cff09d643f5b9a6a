"""Days in both calendars: Umm al-Qura as official documents use it, and the Gregorian.

The tables of Umm al-Qura span 1343/01/01 to 1500/12/30 (1 August 1924 to 16 November 2077).
Durations run on the Gregorian calendar (Cabinet decision of 31 October 2023); a day of law is a day
in Riyadh.
"""

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import MINYEAR, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from hijridate import Gregorian, Hijri

from saudi.malformed import Malformed
from saudi.text import compact, fold_digits

RIYADH = timezone(timedelta(hours=3), "Asia/Riyadh")  # no daylight saving time

FIRST_DAY, LAST_DAY = date(1924, 8, 1), date(2077, 11, 16)
_HIJRI_YEARS = range(1300, 1501)
_TABLES = range(1343, 1501)
_MONTHS = range(1, 13)

_YEAR_FIRST = re.compile(r"([0-9]{4})([/-])([0-9]{1,2})\2([0-9]{1,2})([هHhمGg])?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})([/-])([0-9]{1,2})\2([0-9]{4})([هHhمGg])?")


@dataclass(frozen=True, order=True)
class HijriDay:
    """Year, month and day as written on a paper, which may never have been a day (`exists`)."""

    year: int
    month: int
    day: int

    @classmethod
    def of(cls, day: date) -> "HijriDay":
        """Raises OverflowError outside FIRST_DAY..LAST_DAY."""
        return cls(*Gregorian.fromdate(day).to_hijri().datetuple())

    @property
    def exists(self) -> bool:
        """Returns whether Umm al-Qura has the day: 1446/02/30 yes, 1447/02/30 no."""
        return self._gregorian() is not None

    def gregorian(self) -> date:
        """Raises Malformed: `no-such-day` as in `parse_day`, or `outside-calendar` before and after the tables."""
        day = self._gregorian()
        if day is None:
            raise self._no_day()
        return day

    def _no_day(self) -> Malformed:
        if self.year not in _TABLES:
            return Malformed("outside-calendar")
        if self.month not in _MONTHS:
            return Malformed("no-such-day", last=None)
        length = Hijri(self.year, self.month, 1).month_length()
        return Malformed("no-such-day", last=str(replace(self, day=length)))

    def _gregorian(self) -> date | None:
        try:
            return date(*Hijri(self.year, self.month, self.day).to_gregorian().datetuple())
        except (ValueError, OverflowError):
            return None

    def __str__(self) -> str:
        """`1448/06/14`."""
        return f"{self.year:04}/{self.month:02}/{self.day:02}"


@dataclass(frozen=True)
class BothCalendars:
    """A day for people and machines: `2026-11-24` and `1448/06/14`, None outside the tables."""

    gregorian: str
    hijri: str | None


def parse_day(text: str) -> date:
    """Reads a day of either calendar, in either digits, with slash or hyphen, year first or last:
    `1448/06/14`, `١٤-٦-١٤٤٨هـ` and `2026-11-24` are one day.

    A year from 1300 to 1500 is Hijri, never Gregorian. Raises Malformed: `date-format`;
    `no-such-day` for a day that its calendar doesn't have, with the `last` day of the month if
    there's such a month; `outside-calendar` for a Hijri year that the tables of Umm al-Qura don't have.
    """
    year, month, day = _numbers(text)
    if year in _HIJRI_YEARS:
        return HijriDay(year, month, day).gregorian()
    try:
        return date(year, month, day)
    except ValueError:
        raise _no_gregorian_day(year, month) from None


def _no_gregorian_day(year: int, month: int) -> Malformed:
    if year < MINYEAR or month not in _MONTHS:
        return Malformed("no-such-day", last=None)
    return Malformed("no-such-day", last=f"{year:04}/{month:02}/{monthrange(year, month)[1]}")


def parse_hijri(text: str) -> HijriDay:
    """Reads the Hijri day that stands on an old paper, whether it ever was or not. Written as in
    `parse_day`; a day from the first Gregorian year of the tables on becomes its Hijri day.

    Raises Malformed: `date-format`; for a Gregorian day also `no-such-day`, `outside-calendar`.
    """
    year, month, day = _numbers(text)
    if year < FIRST_DAY.year:
        return HijriDay(year, month, day)
    gregorian = parse_day(text)
    if not FIRST_DAY <= gregorian <= LAST_DAY:
        raise Malformed("outside-calendar")
    return HijriDay.of(gregorian)


def _numbers(text: str) -> tuple[int, int, int]:
    written = compact(text)
    if found := _YEAR_FIRST.fullmatch(written):
        year, _, month, day, calendar = found.groups()
    elif found := _DAY_FIRST.fullmatch(written):
        day, _, month, year, calendar = found.groups()
    else:
        raise Malformed("date-format")
    if calendar and (calendar in "هHh") != (int(year) in _HIJRI_YEARS):
        raise Malformed("no-such-day", last=None)
    return int(year), int(month), int(day)


@lru_cache(maxsize=4_096)  # lists repeat their days
def hijri_text(day: date) -> str:
    """2026-11-24 → `1448/06/14`. Raises OverflowError outside FIRST_DAY..LAST_DAY."""
    return str(HijriDay.of(day))


def hijri_year(day: date) -> int:
    """2026-11-24 → 1448. Raises OverflowError outside FIRST_DAY..LAST_DAY."""
    return HijriDay.of(day).year


def hijri_month(year: int, month: int) -> tuple[date, date]:
    """First and last day of a Hijri month: `hijri_month(1448, 9)` is Ramadan 1448. Raises Malformed."""
    first = HijriDay(year, month, 1).gregorian()
    length = Hijri(year, month, 1).month_length()
    return first, first + timedelta(days=length - 1)


class Month(NamedTuple):
    """A month as it was written, with its first and last day."""

    text: str
    first: date
    last: date


def parse_month(text: str) -> Month:
    """Reads `2026-11`, or `1448/06` of Umm al-Qura, in any digits. Raises Malformed: `month`, also for a month outside
    FIRST_DAY..LAST_DAY."""
    found = re.fullmatch(r"([0-9]{4})[-/]([0-9]{2})", fold_digits(text))
    if found is None:
        raise Malformed("month")
    year, month = int(found[1]), int(found[2])
    try:
        if year in _HIJRI_YEARS:
            return Month(text, *hijri_month(year, month))
        first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    except ValueError:
        raise Malformed("month") from None
    if first < FIRST_DAY or last > LAST_DAY:
        raise Malformed("month")
    return Month(text, first, last)


def both_calendars(day: date) -> BothCalendars:
    """Returns the day for an answer, in both calendars."""
    hijri = hijri_text(day) if FIRST_DAY <= day <= LAST_DAY else None
    return BothCalendars(day.isoformat(), hijri)


def legal_day(moment: datetime) -> date:
    """Returns the day in Riyadh (UTC+3) of an aware moment: documents are issued and expire by it."""
    return moment.astimezone(RIYADH).date()


def midnight(day: date) -> datetime:
    """Returns the first moment of the day, in Riyadh."""
    return datetime.combine(day, time(), RIYADH)


def midnight_after(day: date) -> datetime:
    """Returns the first moment after the day, in Riyadh: what holds through the day ends then."""
    return midnight(day + timedelta(days=1))


def add_years(day: date, years: int) -> date:
    """The same day `years` Gregorian years later; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
