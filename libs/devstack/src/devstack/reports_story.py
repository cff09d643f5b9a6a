"""The story of two reports in `make demo`: by the 940 operator and by another city's application over Open311, from
filing to «not solved», with the texts that the phones got and the month's table."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import requests

from devstack.machine import StartError, say
from devstack.token import Session
from saudi.bidi import isolate

MARK = "(بيانات تجريبية)"
CATEGORY = "street-unswept"
CALLER, APPLICANT = "+966500000001", "+966500000002"
TEXTED_S = 60.0
TIMEOUT_S = 10
_COUNTS = (
    "received",
    "treated",
    "open",
    "linked_external",
    "median_working_hours",
    "share_in_time",
)
_LINK = re.compile(r"https?://\S+/r/\S+")
Found = TypeVar("Found")


class ReportsStory:
    """The steps, over a running system. Each raises StartError when something isn't as promised."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._url = description["services"]["reports"]["url"]
        self._open311 = description["open311"]
        self._ledger = description["sms_provider"]["ledger"]
        self._who = {
            name: Session(description, f"qatif.{name}", "reports")
            for name in ("operator", "report-officer", "cleaning")
        }

    def tell(self) -> None:
        """The whole story."""
        filed = self.filed_by_telephone()
        self.filed_by_application()
        self.treated(filed)
        self.not_solved(self.text_with_link(CALLER))
        self.inquiry(filed["report_number"])
        self.month()

    def filed_by_telephone(self) -> dict[str, Any]:
        """A citizen calls 940; the rules refer the report to its department."""
        report = self._post(
            "operator",
            "/v1/reports",
            {
                "channel": "call",
                "category": CATEGORY,
                "description": f"الشارع لم يُكنس منذ أسبوع {MARK}",
                "location": {"town": "سيهات", "latitude": 26.4834, "longitude": 50.0468},
                "reporter": {"name": f"علي آل تجربة {MARK}", "mobile": CALLER},
            },
        )
        say(f"\n▌ بلاغ بالهاتف 940 · a report by telephone: {_shown(report)}")
        return report

    def filed_by_application(self) -> None:
        """Open311's POST, form-encoded, as its clients send it."""
        answer = requests.post(
            f"{self._open311['url']}/requests.json",
            data={
                "api_key": self._open311["api_key"],
                "service_code": "pothole",
                "lat": "26.5711",
                "long": "50.0727",
                "description": f"حفرة أمام المدرسة {MARK}",
                "phone": APPLICANT,
                "attribute[depth]": "deep",
            },
            timeout=TIMEOUT_S,
        )
        (request,) = json_of(answer, 201, 200)
        say(f"▌ بلاغ عبر Open311 · a report over Open311: {request['service_request_id']}")
        self.text(APPLICANT, str(request["service_request_id"]))

    def treated(self, filed: dict[str, Any]) -> None:
        """Referred, begun, treated, closed."""
        path = f"/v1/reports/{filed['report_id']}"
        steps: tuple[tuple[str, str, dict[str, Any]], ...] = (
            ("report-officer", "refer", {"department": "cleaning"}),
            ("cleaning", "start", {}),
            ("cleaning", "resolve", {"text": f"كُنس الشارع {MARK}"}),
            ("report-officer", "close", {}),
        )
        for who, step, body in steps:
            say(f"  {step}: {_shown(self._post(who, f'{path}/{step}', body))}")

    def text(self, mobile: str, part: str) -> str:
        """A text that the phone got, once it's there."""
        return awaited(f"no text with «{part}» came", lambda: self._texted(mobile, part))

    def text_with_link(self, mobile: str) -> str:
        """The link of the closing text."""
        found = _LINK.search(self.text(mobile, "/r/"))
        if found is None:
            raise StartError("the closing text has no link")
        return found.group()

    def not_solved(self, link: str) -> None:
        """The telephone looks at the link, which changes nothing; then the citizen presses the button."""
        seen = requests.get(link, timeout=TIMEOUT_S)
        pressed = requests.post(link, timeout=TIMEOUT_S)
        if (seen.status_code, pressed.status_code) != (200, 200):
            raise StartError(f"the link answered {seen.status_code}, then {pressed.status_code}")
        say("▌ «لم تُحل المشكلة» من رابط الرسالة · reopened from the text's link")

    def inquiry(self, number: str) -> None:
        """Number and mobile, without an account."""
        answer = requests.post(
            f"{self._url}/v1/public/inquiries",
            json={"report_number": number, "mobile": CALLER},
            timeout=TIMEOUT_S,
        )
        state = json_of(answer, 200)
        say(f"▌ استعلام بالرقم والجوال · inquiry by number and mobile: {state['status']}")

    def month(self) -> None:
        """The table that the municipality publishes, and all that the phones got."""
        for row in self._sent():
            if str(row["recipient"])[-9:] not in (CALLER[-9:], APPLICANT[-9:]):
                continue
            say(f"  {isolate('…' + str(row['recipient'])[-3:])}  {row['text']}")
        url = f"{self._url}/v1/statistics/monthly"
        month = datetime.now(UTC).strftime("%Y-%m")
        headers = self._who["report-officer"].headers("GET", url)
        answer = requests.get(url, params={"month": month}, headers=headers, timeout=TIMEOUT_S)
        table = json_of(answer, 200)
        say(f"▌ الجدول الشهري · the monthly table, {month}")
        for row in table["rows"]:
            if row["category"] is None:  # all categories of a branch
                counts = "  ".join(f"{name}={row[name]}" for name in _COUNTS)
                branch = (row["municipality_title"] or {"ar": "المحافظة"})["ar"]
                say(f"  {isolate(branch)}  {counts}")

    def _texted(self, mobile: str, part: str) -> str | None:
        texts = (
            str(row["text"])
            for row in self._sent()
            if str(row["recipient"]).lstrip("+") == mobile.lstrip("+")
        )
        return next((text for text in texts if part in text), None)

    def _sent(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json_of(requests.get(self._ledger, timeout=TIMEOUT_S), 200)
        return rows

    def _post(self, who: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        url = self._url + path
        headers = self._who[who].headers("POST", url)
        answer = requests.post(url, json=body, headers=headers, timeout=TIMEOUT_S)
        result: dict[str, Any] = json_of(answer, 200, 201)
        return result


def _shown(report: dict[str, Any]) -> str:
    return f"{report['report_number']}  {report['status']}  {report.get('department')}"


def json_of(answer: requests.Response, *expected: int) -> Any:
    """What was answered. Raises StartError for another status than those expected."""
    if answer.status_code not in expected:
        raise StartError(f"{answer.url} answered {answer.status_code}: {answer.text[:500]}")
    return answer.json()


def awaited(failure: str, ask: Callable[[], Found | None]) -> Found:
    """What `ask` finds at last. Raises StartError after a minute."""
    deadline = time.monotonic() + TEXTED_S
    while (found := ask()) is None:
        if time.monotonic() > deadline:
            raise StartError(f"{failure} within {TEXTED_S:.0f} s: see .run/system.log")
        time.sleep(0.2)
    return found
