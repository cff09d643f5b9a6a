"""The calendar file of an appointment (RFC 5545): one event in UTC, with a reminder an hour before."""

from dataclasses import dataclass
from datetime import UTC, datetime

LONGEST_LINE = 75  # octets
_ESCAPES = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n", "\r": None})


@dataclass(frozen=True)
class CalendarEntry:
    """What the file says. `version` counts the changes, so that a newer file replaces an older one."""

    appointment_id: str
    version: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    title: str
    place: str
    note: str
    is_cancelled: bool


def calendar_of(entry: CalendarEntry) -> str:
    """Returns the file."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Qatif Municipality//Appointments//AR",
        f"METHOD:{'CANCEL' if entry.is_cancelled else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:{entry.appointment_id}@qatif.gov.sa",
        f"SEQUENCE:{entry.version}",
        f"DTSTAMP:{_moment(entry.changed_at)}",
        f"DTSTART:{_moment(entry.starts_at)}",
        f"DTEND:{_moment(entry.ends_at)}",
        f"SUMMARY:{_escape(entry.title)}",
        f"LOCATION:{_escape(entry.place)}",
        f"DESCRIPTION:{_escape(entry.note)}",
        f"STATUS:{'CANCELLED' if entry.is_cancelled else 'CONFIRMED'}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_escape(entry.title)}",
        "TRIGGER:-PT1H",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_fold(line)}\r\n" for line in lines)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)


def _fold(line: str) -> str:
    """Breaks a long line, never inside a letter of several octets."""
    parts, size = [""], 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > LONGEST_LINE - bool(parts[1:]):
            parts.append("")
            size = 0
        parts[-1] += letter
        size += octets
    return "\r\n ".join(parts)
