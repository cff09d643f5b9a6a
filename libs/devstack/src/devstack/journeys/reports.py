"""Journeys of reports: filed by telephone or over Open311, treated, closed, and reopened from a text's link."""

import re
from typing import Any

import requests

from devstack.journeys.visitor import TIMEOUT_S, Body, Visitor, awaited, json_of

_LINK = re.compile(r"https?://\S+/r/\S+")


class ReportsJourney(Visitor):
    def file(self, who: str, report: Body) -> Body:
        """Files a report as an employee does."""
        filed: Body = json_of(self.post(who, "/v1/reports", report, "reports"), 201)
        return filed

    def file_over_open311(self, **fields: str) -> str:
        """Files a report as another city's application does, form-encoded. Returns its number."""
        reached = self.description["open311"]
        answer = requests.post(
            f"{reached['url']}/requests.json",
            data={"api_key": reached["api_key"], **fields},
            timeout=TIMEOUT_S,
        )
        (request,) = json_of(answer, 201, 200)
        return str(request["service_request_id"])

    def advance(self, who: str, report: Body, step: str, body: Body) -> Body:
        """Takes one step of the treatment: `refer`, `start`, `resolve` or `close`."""
        path = f"/v1/reports/{report['report_id']}/{step}"
        state: Body = json_of(self.post(who, path, body, "reports"), 200, 201)
        return state

    def text_with(self, mobile: str, part: str) -> str:
        """Returns the first text to a mobile that has the part, once the text is there."""
        return awaited(
            f"no text with «{part}» came", lambda: next(iter(self.texts(mobile, part)), None)
        )

    def link_of(self, text: str) -> str:
        found = _LINK.search(text)
        return found.group() if found else ""

    def messages_about(self, report_number: str) -> list[Body]:
        """Returns what the telephones got about a report."""
        return [row for row in self.messages() if report_number in row["text"]]

    def messages_seen_by(self, who: str, report_number: str) -> list[Body]:
        """Returns what an officer sees of the messages about a report."""
        answer = self.get(who, "/v1/messages", "notify", report=report_number)
        return list(json_of(answer, 200)["items"])

    def inquire(self, report_number: str, mobile: str) -> Body:
        """Asks by number and mobile, without an account."""
        body = {"report_number": report_number, "mobile": mobile}
        url = self.url("reports") + "/v1/public/inquiries"
        state: Body = json_of(requests.post(url, json=body, timeout=TIMEOUT_S), 200)
        return state

    def month(self, who: str, month: str) -> list[dict[str, Any]]:
        """Returns the rows of the table that the municipality publishes."""
        answer = self.get(who, "/v1/statistics/monthly", "reports", month=month)
        return list(json_of(answer, 200)["rows"])
