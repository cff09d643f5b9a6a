"""The calendar file of an appointment, as RFC 5545 has it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

File = Callable[[Mapping[str, Any]], bytes]


@pytest.fixture
def file_of(api: Any) -> File:
    """`file_of(booked)` → the file."""
    return lambda made: api.send("download_calendar", {"key": made["key"]}).content


def unfold(file: bytes) -> list[str]:
    return file.decode().replace("\r\n ", "").split("\r\n")


def test_an_event_has_the_times_of_the_appointment_in_utc(
    booked: Any, file_of: File, free: Any
) -> None:
    lines = unfold(file_of(booked(at=0)))

    begins = free[0].replace("-", "").replace(":", "")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert f"DTSTART:{begins}" in lines
    assert {"METHOD:PUBLISH", "STATUS:CONFIRMED"} <= set(lines)
    assert lines[-2:] == ["END:VCALENDAR", ""]


def test_no_line_is_longer_than_75_octets_and_no_letter_is_cut(booked: Any, file_of: File) -> None:
    made = booked()

    file = file_of(made)

    assert max(len(line) for line in file.split(b"\r\n")) <= 75
    assert all(line.decode() for line in file.split(b"\r\n")[:-1])
    assert f"DESCRIPTION:{made['next']['ar']}" in unfold(file)


def test_the_comma_between_branch_and_department_is_escaped(booked: Any, file_of: File) -> None:
    made = booked()

    branch, department = made["municipality_title"]["ar"], made["department"]["ar"]
    assert f"LOCATION:{branch}\\, {department}" in unfold(file_of(made))


def test_a_reminder_comes_an_hour_before(booked: Any, file_of: File) -> None:
    lines = unfold(file_of(booked()))

    assert {"BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT1H"} <= set(lines)


def test_the_file_of_a_moved_appointment_replaces_the_older_one(
    api: Any, booked: Any, file_of: File, free: Any
) -> None:
    made = booked(at=0)
    before = unfold(file_of(made))
    api.ask("move_appointment", {"key": made["key"], "starts_at": free[9]})

    after = unfold(file_of(made))

    assert value("UID", before) == value("UID", after)
    assert int(value("SEQUENCE", before)) < int(value("SEQUENCE", after))


def test_a_cancelled_appointment_leaves_the_calendar(api: Any, booked: Any, file_of: File) -> None:
    made = booked()
    api.ask("cancel_appointment", {"key": made["key"]})

    lines = unfold(file_of(made))

    assert "METHOD:CANCEL" in lines
    assert "STATUS:CANCELLED" in lines
    assert "BEGIN:VALARM" not in lines


def test_an_appointment_that_nobody_has_confirmed_is_tentative(booked: Any, file_of: File) -> None:
    lines = unfold(file_of(booked(service="engineer")))

    assert "STATUS:TENTATIVE" in lines


def value(name: str, lines: list[str]) -> str:
    """Returns the value of the last line of that name: the event's, which stands below the calendar's."""
    return [line.partition(":")[2] for line in lines if line.startswith(f"{name}:")][-1]
