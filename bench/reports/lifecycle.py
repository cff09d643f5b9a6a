"""One report from filing to its closure and an inquiry about it, as people and their applications send it."""

import random
import time
from dataclasses import dataclass, field
from typing import Any

import requests

from devstack.token import Session

CATEGORY, DEPARTMENT = "street-unswept", "cleaning"
TIMEOUT_S = 15.0


@dataclass(frozen=True)
class Desk:
    """The people who act: the 940 operator, the report officer, the department."""

    operator: Session
    officer: Session
    department: Session

    @classmethod
    def of(cls, description: dict[str, Any]) -> "Desk":
        """People of the trial register."""
        names = ("qatif.operator", "qatif.report-officer", "qatif.cleaning")
        return cls(*(Session(description, name, "reports") for name in names))


@dataclass
class Timed:
    """Milliseconds of each request by what it did, and what failed: (what, status or error)."""

    took: dict[str, list[float]] = field(default_factory=dict)
    failed: list[tuple[str, str]] = field(default_factory=list)
    lives: int = 0

    @property
    def requests(self) -> int:
        return sum(map(len, self.took.values())) + len(self.failed)


class User:
    """Sends lifecycles, one request after the other, on a connection of its own."""

    def __init__(self, url: str, desk: Desk, photo: bytes, number: int) -> None:
        self._url, self._desk, self._photo = url, desk, photo
        self._chance = random.Random(number)
        self._http = requests.Session()
        self._number, self._filed = number, 0

    def live(self, timed: Timed) -> None:
        """File, refer, begin, treat, close, inquire; every third report has a photo. Stops at the first failure."""
        self._filed += 1
        mobile = f"+96650{self._number % 100:02d}{self._filed % 100_000:05d}"
        body = self._body(mobile)
        if self._filed % 3 == 0:
            upload = self._send(
                timed, "upload", "POST", "/v1/attachments", self._desk.operator,
                files={"file": ("photo.jpg", self._photo, "image/jpeg")},
            )  # fmt: skip
            if upload is None:
                return
            body["photos"] = [upload["attachment_id"]]
        filed = self._send(timed, "file", "POST", "/v1/reports", self._desk.operator, json=body)
        if filed is None:
            return
        path = f"/v1/reports/{filed['report_id']}"
        steps = (
            ("refer", self._desk.officer, {"department": DEPARTMENT}),
            ("start", self._desk.department, {}),
            ("resolve", self._desk.department, {"text": "كُنس الشارع (بيانات تجريبية)"}),
            ("close", self._desk.officer, {}),
        )
        for step, who, change in steps:
            if self._send(timed, step, "POST", f"{path}/{step}", who, json=change) is None:
                return
        asked = {"report_number": filed["report_number"], "mobile": mobile}
        found = self._send(timed, "inquire", "POST", "/v1/public/inquiries", None, json=asked)
        timed.lives += found is not None

    def _body(self, mobile: str) -> dict[str, Any]:
        chance = self._chance
        return {
            "channel": "call",
            "category": CATEGORY,
            "description": "الشارع لم يُكنس منذ أسبوع (بيانات تجريبية)",
            "location": {
                "town": "القطيف",
                "latitude": round(26.52 + chance.random() * 0.08, 6),
                "longitude": round(49.96 + chance.random() * 0.08, 6),
            },
            "reporter": {"name": "علي آل تجربة (بيانات تجريبية)", "mobile": mobile},
        }

    def _send(
        self, timed: Timed, what: str, method: str, path: str, who: Session | None, **body: Any
    ) -> dict[str, Any] | None:
        url = self._url + path
        headers = who.headers(method, url) if who else {}
        began = time.perf_counter()
        try:
            answer = self._http.request(method, url, headers=headers, timeout=TIMEOUT_S, **body)
        except requests.RequestException as error:
            timed.failed.append((what, type(error).__name__))
            return None
        took = (time.perf_counter() - began) * 1000
        if answer.status_code >= 400:
            timed.failed.append((what, f"{answer.status_code} {answer.text[:200]}"))
            return None
        timed.took.setdefault(what, []).append(took)
        result: dict[str, Any] = answer.json()
        return result
