"""A report that is filed by HTTP becomes a text on a telephone, through every process in between."""

import os
import signal

import pytest

from devstack.journeys.reports import ReportsJourney

from .conftest import Town, until

PROMISED_S = 10.0
MOBILE, OFFICER = "0512345678", "qatif.officer"
REPORT = {
    "channel": "call",
    "category": "pothole",
    "description": "حفرة عميقة أمام المدرسة (بيانات تجريبية)",
    "location": {"town": "سيهات", "latitude": 26.4834, "longitude": 50.0468},
    "reporter": {"name": "مقدم بلاغ تجريبي", "mobile": MOBILE},
    "extra": {"depth": "deep"},
}


@pytest.fixture(scope="module")
def journey(town: Town) -> ReportsJourney:
    return ReportsJourney(town.description)


def file_report(journey: ReportsJourney, mobile: str = MOBILE) -> str:
    """Files a report and returns its number."""
    body = {**REPORT, "reporter": {"name": "مقدم بلاغ تجريبي", "mobile": mobile}}
    return str(journey.file(OFFICER, body)["report_number"])


def kill_sender(town: Town) -> None:
    """kill -9, as soon as the process runs; the supervisor starts it again."""

    def is_killed() -> bool:
        pid = town.system.supervisor.pids().get("notify/work")
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:  # the one of before, whose end the supervisor hasn't seen yet
            return False
        return True

    until(is_killed)


def test_a_filed_report_is_acknowledged_on_the_telephone_and_delivered(
    journey: ReportsJourney,
) -> None:
    number = file_report(journey)

    (row,) = until(lambda: journey.messages_about(number))
    delivered = until(
        lambda: [one for one in journey.messages_seen_by(OFFICER, number) if one["ended_at"]]
    )

    assert (row["recipient"], row["parts"]) == ("966512345678", 1)
    assert row["text"] == f"استلمنا بلاغكم رقم {number}. بلدية سيهات"
    assert [(one["state"], one["template"]) for one in delivered] == [
        ("delivered", "report-received")
    ]
    assert delivered[0]["recipient"] == "+966******678"


def test_a_sender_that_is_killed_loses_no_text_and_sends_none_twice(
    town: Town, journey: ReportsJourney
) -> None:
    numbers = []
    for step in range(6):
        numbers.append(file_report(journey, f"05123400{step:02}"))
        if step in {1, 3}:
            kill_sender(town)

    # A claim that its process left is asked after when its lease is over.
    until(lambda: all(journey.messages_about(number) for number in numbers), seconds=180)
    until(
        lambda: all(
            one["ended_at"]
            for number in numbers
            for one in journey.messages_seen_by(OFFICER, number)
        )
    )

    assert [len(journey.messages_about(number)) for number in numbers] == [1] * 6


def test_no_log_line_has_the_number_of_a_telephone(town: Town, journey: ReportsJourney) -> None:
    number = file_report(journey)
    until(lambda: journey.messages_about(number))

    log = (town.folder / "system.log").read_text("utf-8")

    assert "12345678" not in log
