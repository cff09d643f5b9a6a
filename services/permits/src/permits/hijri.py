"""The Umm al-Qura calendar, as official documents use it, within the years 1343 to 1500."""

from datetime import date

from hijridate import Gregorian, Hijri


def hijri_text(day: date) -> str:
    """2026-11-24 → 1448/06/14. Raises OverflowError outside 1924-08-01..2077-11-16."""
    hijri = Gregorian.fromdate(day).to_hijri()
    return f"{hijri.year:04}/{hijri.month:02}/{hijri.day:02}"


def hijri_year(day: date) -> int:
    """2026-11-24 → 1448."""
    return int(Gregorian.fromdate(day).to_hijri().year)


def exists(text: str) -> bool:
    """Whether YYYY/MM/DD in ASCII digits was a day: 1446/02/30 was, 1447/02/30 wasn't."""
    try:
        year, month, day = (int(part) for part in text.split("/"))
        Hijri(year, month, day)
    except (ValueError, OverflowError):
        return False
    return True
