"""Dates of law: days in Riyadh, durations on the Gregorian calendar (Cabinet decision of 31 October
2023)."""

from datetime import date, datetime, timedelta, timezone

RIYADH = timezone(
    timedelta(hours=3), "Asia/Riyadh"
)  # no daylight saving time, no history since 1947


def legal_day(moment: datetime) -> date:
    """The day in Riyadh of an aware moment."""
    return moment.astimezone(RIYADH).date()


def add_years(day: date, years: int) -> date:
    """The same day `years` Gregorian years later; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
