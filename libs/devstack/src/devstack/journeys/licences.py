"""Journeys of licence applications that a municipality's own system submits through the gateway."""

from typing import Any

import requests

from devstack.journeys.visitor import Body, Visitor, awaited, json_of, new_key

APPLICATIONS = "/v1/licence-applications"


class LicencesJourney(Visitor):
    def submit(self, who: str, body: Body, prefer: str = "") -> Body:
        """Submits an application. Returns the application, or with `prefer` perhaps what became of it."""
        headers = new_key() | ({"Prefer": prefer} if prefer else {})
        answer = self.post(who, APPLICATIONS, body, headers=headers)
        sent: Body = json_of(answer, 200, 202)
        found: Body = sent.get("application", sent)
        return found

    def application(self, who: str, application_id: str) -> requests.Response:
        return self.get(who, f"{APPLICATIONS}/{application_id}")

    def in_status(self, who: str, application_id: str, *statuses: str) -> Body:
        """Returns the application once it's in one of the states."""

        def ask() -> Body | None:
            answer = self.application(who, application_id)
            found: Any = answer.json() if answer.ok else {}
            return found if found.get("status") in statuses else None

        return awaited(f"the application isn't {' or '.join(statuses)}", ask)

    def bill_by_text(self, mobile: str) -> str:
        """Returns the number of the open bill that a text names."""
        return awaited(
            "no text with a bill's number came",
            lambda: self.open_bill(self.texts(mobile)),
            seconds=90,
        )

    def events(self, who: str, subjects: set[str]) -> list[Body]:
        """Returns what the change feed tells a system about these subjects, in order."""
        found: list[Body] = []
        after: dict[str, str] = {}
        while True:
            page = json_of(self.get(who, "/v1/events", **after), 200)
            found += [event for event in page["items"] if event["subject"] in subjects]
            if not page["items"]:
                return found
            after = {"after": page["next_cursor"]}
