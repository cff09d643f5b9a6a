"""The days of reminders: some days before a last valid day, at nine in the morning."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from notify.domain.languages import stand_in
from saudi.days import RIYADH, legal_day

NINE = time(9, tzinfo=RIYADH)


def reminder_time(ends_on: date, days: int) -> datetime:
    """Returns when the reminder `days` before the last valid day is due."""
    return datetime.combine(ends_on - timedelta(days=days), NINE)


def next_reminder(ends_on: date, days: Iterable[int], *, after: datetime) -> datetime | None:
    """Returns when the next reminder is due; None when all reminders are past."""
    return min((at for one in days if (at := reminder_time(ends_on, one)) > after), default=None)


def due_days(ends_on: date, days: Iterable[int], *, planned: datetime, now: datetime) -> int | None:
    """Returns the days before the end of the reminder that goes out now. After an outage only the last due reminder
    goes out. Returns None once the end has passed."""
    if legal_day(now) > ends_on:
        return None
    return min((one for one in days if planned <= reminder_time(ends_on, one) <= now), default=None)


SHOWN = 3  # things named in one text


def list_text(things: Sequence[tuple[str, date]], language: str) -> str:
    """Returns the list of a text: the first three numbers with their last valid days, and the count of the others."""
    shown = [f"{number} ({ends_on:%Y/%m/%d})" for number, ends_on in things[:SHOWN]]
    more = len(things) - len(shown)
    if stand_in(language) == "ar":
        return "، ".join(shown) + (f" و{more} غيرها" if more else "")
    return ", ".join(shown) + (f" and {more} more" if more else "")


def list_source(about: str, gathered_by: str, on: date) -> str:
    """Returns the source that, with template and recipient, makes a list unique: one list a day."""
    return f"reminders/{about}/{gathered_by}/{on.isoformat()}"


def reminder_source(about: str, about_id: str, ends_on: date, days: int) -> str:
    """Returns the source that, with template and recipient, makes a reminder unique."""
    return f"reminder/{about}/{about_id}/{ends_on.isoformat()}/{days}"
