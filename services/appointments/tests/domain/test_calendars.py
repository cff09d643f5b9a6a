"""The calendar file, as RFC 5545 has it."""

from dataclasses import replace
from datetime import UTC, datetime

from appointments.domain.calendars import CalendarEntry, calendar_of

ENTRY = CalendarEntry(
    appointment_id="0195ff10-4d00-7b22-9d3f-0000000000a1",
    version=2,
    changed_at=datetime(2026, 11, 25, 7, 0, tzinfo=UTC),
    starts_at=datetime(2026, 11, 29, 6, 15, tzinfo=UTC),
    ends_at=datetime(2026, 11, 29, 6, 30, tzinfo=UTC),
    title="استفسار عن معاملة · 480000123",
    place="بلدية سيهات، خدمة المستفيدين; الدور 2, شباك 1",
    note="احضروا قبل الموعد بعشر دقائق ومعكم الهوية، وأبرزوا التذكرة عند الحضور إلى موظف الاستقبال.",
    is_cancelled=False,
)


def test_the_times_are_in_utc_and_the_lines_end_as_the_standard_says() -> None:
    text = calendar_of(ENTRY)

    assert "DTSTART:20261129T061500Z\r\n" in text
    assert "SEQUENCE:2\r\n" in text
    assert text.endswith("END:VCALENDAR\r\n")


def test_no_line_is_longer_than_75_octets_and_no_letter_is_cut() -> None:
    lines = calendar_of(ENTRY).encode().split(b"\r\n")

    assert max(len(line) for line in lines) <= 75
    assert "".join(line.decode() for line in lines)
    unfolded = calendar_of(ENTRY).replace("\r\n ", "")
    assert f"DESCRIPTION:{ENTRY.note}" in unfolded.replace("\\", "")


def test_commas_and_semicolons_are_escaped() -> None:
    unfolded = calendar_of(ENTRY).replace("\r\n ", "")

    assert "LOCATION:بلدية سيهات، خدمة المستفيدين\\; الدور 2\\, شباك 1" in unfolded


def test_a_cancelled_appointment_leaves_the_calendar() -> None:
    text = calendar_of(replace(ENTRY, is_cancelled=True))

    assert "METHOD:CANCEL" in text
    assert "STATUS:CANCELLED" in text
