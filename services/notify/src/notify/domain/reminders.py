"""When somebody is reminded that something ends: some days before its last valid day, at nine in the morning."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from saudi.days import RIYADH, legal_day

NINE = time(9, tzinfo=RIYADH)


def moment(ends_on: date, days: int) -> datetime:
    """When the reminder is due that goes out so many days before the last valid day."""
    return datetime.combine(ends_on - timedelta(days=days), NINE)


def next_moment(ends_on: date, days: Iterable[int], *, after: datetime) -> datetime | None:
    """When the next reminder is due; None when all are past."""
    return min((at for one in days if (at := moment(ends_on, one)) > after), default=None)


def due_days(ends_on: date, days: Iterable[int], *, planned: datetime, now: datetime) -> int | None:
    """How many days before the end the reminder is that goes out now. Of several that became due while nothing worked
    the last one; None once the end has passed."""
    if legal_day(now) > ends_on:
        return None
    return min((one for one in days if planned <= moment(ends_on, one) <= now), default=None)


SHOWN = 3  # of a list, in one text


def listed(things: Sequence[tuple[str, date]], language: str) -> str:
    """Numbers with their last valid days, the first ones by name and the others by their count."""
    shown = [f"{number} ({ends_on:%Y/%m/%d})" for number, ends_on in things[:SHOWN]]
    more = len(things) - len(shown)
    if language == "ar":
        return "، ".join(shown) + (f" و{more} غيرها" if more else "")
    return ", ".join(shown) + (f" and {more} more" if more else "")


def gathered_source(about: str, gathered_by: str, on: date) -> str:
    """What makes a list unique, together with its template and its recipient: one a day."""
    return f"reminders/{about}/{gathered_by}/{on.isoformat()}"


def source(about: str, about_id: str, ends_on: date, days: int) -> str:
    """What makes a reminder unique, together with its template and its recipient."""
    return f"reminder/{about}/{about_id}/{ends_on.isoformat()}/{days}"
