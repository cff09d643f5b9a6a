"""The story of two reports in `make demo`: by the 940 operator and by another city's application over Open311, from
filing to «not solved», with the texts that the phones got and the month's table."""

from datetime import UTC, datetime
from typing import Any

import requests

from devstack.journeys.reports import ReportsJourney
from devstack.journeys.visitor import MARK, TIMEOUT_S, Body
from devstack.machine import StartError, say
from saudi.bidi import isolate

CALLER, APPLICANT = "+966500000001", "+966500000002"
OPERATOR, OFFICER, CLEANING = "qatif.operator", "qatif.report-officer", "qatif.cleaning"
REPORT = {
    "channel": "call",
    "category": "street-unswept",
    "description": f"الشارع لم يُكنس منذ أسبوع {MARK}",
    "location": {"town": "سيهات", "latitude": 26.4834, "longitude": 50.0468},
    "reporter": {"name": f"علي آل تجربة {MARK}", "mobile": CALLER},
}
STEPS: tuple[tuple[str, str, Body], ...] = (
    (OFFICER, "refer", {"department": "cleaning"}),
    (CLEANING, "start", {}),
    (CLEANING, "resolve", {"text": f"كُنس الشارع {MARK}"}),
    (OFFICER, "close", {}),
)
_COUNTS = (
    "received",
    "treated",
    "open",
    "linked_external",
    "median_working_hours",
    "share_in_time",
)


class ReportsStory:
    """The steps, over a running system. Each raises StartError when something isn't as promised."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._journey = ReportsJourney(description)

    def tell(self) -> None:
        """Tells the whole story."""
        journey = self._journey
        filed = journey.file(OPERATOR, REPORT)
        say(f"\n▌ بلاغ بالهاتف 940 · a report by telephone: {_line_of(filed)}")
        self._file_by_application()
        for who, step, body in STEPS:
            say(f"  {step}: {_line_of(journey.advance(who, filed, step, body))}")
        self._reopen(journey.link_of(journey.text_with(CALLER, "/r/")))
        state = journey.inquire(filed["report_number"], CALLER)
        say(f"▌ استعلام بالرقم والجوال · inquiry by number and mobile: {state['status']}")
        self._tell_texts()
        self._tell_month()

    def _file_by_application(self) -> None:
        number = self._journey.file_over_open311(
            service_code="pothole",
            lat="26.5711",
            long="50.0727",
            description=f"حفرة أمام المدرسة {MARK}",
            phone=APPLICANT,
            **{"attribute[depth]": "deep"},
        )
        say(f"▌ بلاغ عبر Open311 · a report over Open311: {number}")
        self._journey.text_with(APPLICANT, number)

    def _reopen(self, link: str) -> None:
        """Opens the link, which changes nothing, and then presses the button."""
        seen = requests.get(link, timeout=TIMEOUT_S)
        pressed = requests.post(link, timeout=TIMEOUT_S)
        if (seen.status_code, pressed.status_code) != (200, 200):
            raise StartError(f"the link answered {seen.status_code}, then {pressed.status_code}")
        say("▌ «لم تُحل المشكلة» من رابط الرسالة · reopened from the text's link")

    def _tell_texts(self) -> None:
        for row in self._journey.messages():
            if str(row["recipient"])[-9:] in (CALLER[-9:], APPLICANT[-9:]):
                say(f"  {isolate('…' + str(row['recipient'])[-3:])}  {row['text']}")

    def _tell_month(self) -> None:
        month = datetime.now(UTC).strftime("%Y-%m")
        rows = self._journey.month(OFFICER, month)
        say(f"▌ الجدول الشهري · the monthly table, {month}")
        for row in rows:
            if row["category"] is None:  # all categories of a branch
                counts = "  ".join(f"{name}={row[name]}" for name in _COUNTS)
                branch = (row["municipality_title"] or {"ar": "المحافظة"})["ar"]
                say(f"  {isolate(branch)}  {counts}")


def _line_of(report: Body) -> str:
    return f"{report['report_number']}  {report['status']}  {report.get('department')}"
