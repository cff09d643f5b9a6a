"""A report that is filed by HTTP becomes a text on a telephone, through every process in between."""

import os
import signal
from typing import Any

import requests

from .conftest import Town, until

PROMISED_S = 10.0
MOBILE = "0512345678"
REPORT = {
    "channel": "call",
    "category": "pothole",
    "description": "حفرة عميقة أمام المدرسة (بيانات تجريبية)",
    "location": {"town": "سيهات", "latitude": 26.4834, "longitude": 50.0468},
    "reporter": {"name": "مقدم بلاغ تجريبي", "mobile": MOBILE},
    "extra": {"depth": "deep"},
}


def file_report(town: Town, mobile: str = MOBILE) -> dict[str, Any]:
    body = {**REPORT, "reporter": {"name": "مقدم بلاغ تجريبي", "mobile": mobile}}
    url = town.url("reports") + "/v1/reports"
    headers = town.headers("qatif.officer", "reports")
    answer = requests.post(url, json=body, headers=headers, timeout=10)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def texts(town: Town, number: str) -> list[dict[str, Any]]:
    """What the telephones got about a report."""
    rows = requests.get(town.description["sms_provider"]["ledger"], timeout=10).json()
    return [row for row in rows if number in row["text"]]


def messages(town: Town, number: str) -> list[dict[str, Any]]:
    """What an officer sees of them."""
    url = f"{town.url('notify')}/v1/messages?report={number}"
    answer = requests.get(url, headers=town.headers("qatif.officer", "notify"), timeout=10)
    return list(answer.json()["items"])


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


def test_a_filed_report_is_acknowledged_on_the_telephone_and_delivered(town: Town) -> None:
    number = file_report(town)["report_number"]

    (row,) = until(lambda: texts(town, number))
    delivered = until(lambda: [one for one in messages(town, number) if one["ended_at"]])

    assert (row["recipient"], row["parts"]) == ("966512345678", 1)
    assert row["text"] == f"استلمنا بلاغكم رقم {number}. بلدية سيهات"
    assert [(one["state"], one["template"]) for one in delivered] == [
        ("delivered", "report-received")
    ]
    assert delivered[0]["recipient"] == "+966******678"


def test_a_sender_that_is_killed_loses_no_text_and_sends_none_twice(town: Town) -> None:
    numbers = []
    for step in range(6):
        numbers.append(file_report(town, f"05123400{step:02}")["report_number"])
        if step in {1, 3}:
            kill_sender(town)

    # A claim that its process left is asked after when its lease is over.
    until(lambda: all(texts(town, number) for number in numbers), seconds=180)
    until(lambda: all(one["ended_at"] for number in numbers for one in messages(town, number)))

    assert [len(texts(town, number)) for number in numbers] == [1] * 6


def test_no_log_line_has_the_number_of_a_telephone(town: Town) -> None:
    number = file_report(town)["report_number"]
    until(lambda: texts(town, number))

    log = (town.folder / "system.log").read_text("utf-8")

    assert "12345678" not in log
