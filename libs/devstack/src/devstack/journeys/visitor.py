"""What people and systems do over HTTP, whatever the journey: sign in, ask, send, pay, read texts, wait."""

import re
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from uuid import uuid4

import requests

from devstack.machine import StartError, progress
from devstack.token import Session

MARK = "(بيانات تجريبية)"
TIMEOUT_S = 10
ARRIVES_S = 180
_BILL = re.compile(r"\b[0-9]{8,20}\b", re.ASCII)
Body = dict[str, Any]
Found = TypeVar("Found")


class Visitor:
    """Everybody who reaches a running system. `description` is that of system.json."""

    def __init__(self, description: Body) -> None:
        self.description = description
        self._sessions: dict[tuple[str, str], Session] = {}

    def session(self, who: str, service: str = "partner-gateway") -> Session:
        """Returns the session of a person or client at a service. Signs in once."""
        if (who, service) not in self._sessions:
            self._sessions[who, service] = Session(self.description, who, service)
        return self._sessions[who, service]

    def url(self, service: str) -> str:
        return str(self.description["services"][service]["url"])

    def get(
        self, who: str, path: str, service: str = "partner-gateway", **params: str
    ) -> requests.Response:
        url = self.url(service) + path
        headers = self.session(who, service).headers("GET", url)
        return requests.get(url, params=params, headers=headers, timeout=2 * TIMEOUT_S)

    def post(
        self,
        who: str,
        path: str,
        body: Any,
        service: str = "partner-gateway",
        *,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        url = self.url(service) + path
        sent = {**self.session(who, service).headers("POST", url), **(headers or {})}
        return requests.post(url, json=body, headers=sent, timeout=3 * TIMEOUT_S)

    def pay(self, bill_number: str, **more: Any) -> Body:
        """Pays at the bill system's stand-in."""
        body = {"bill_number": bill_number, **more}
        answer = requests.post(
            self.description["bill_provider"]["pay"], json=body, timeout=TIMEOUT_S
        )
        paid: Body = json_of(answer, 200)
        return paid

    def messages(self) -> list[Body]:
        """Returns all texts that the SMS providers accepted, with their recipients, oldest first."""
        url = self.description["sms_provider"]["ledger"]
        rows: list[Body] = json_of(requests.get(url, timeout=TIMEOUT_S), 200)
        return rows

    def texts(self, mobile: str, *words: str) -> list[str]:
        """Returns the texts to a mobile that have all these words."""
        texts = [
            str(row["text"])
            for row in self.messages()
            if str(row["recipient"])[-9:] == mobile.replace(" ", "")[-9:]
        ]
        return [text for text in texts if all(word in text for word in words)]

    def open_bill(self, texts: Iterable[str]) -> str | None:
        """Returns the first number in the texts that is an open bill's."""
        url = self.description["bill_provider"]["ledger"]
        bills = json_of(requests.get(url, timeout=TIMEOUT_S), 200)["bills"]
        known = {one["bill_number"] for one in bills if one["status"] == "open"}
        found = (number for text in texts for number in _BILL.findall(text))
        return next((number for number in found if number in known), None)

    def record_fact(self, body: str, number: str, values: Body) -> None:
        """Has an outside body answer about a number from now on."""
        fact = {"body": body, "number": number, "values": values}
        url = self.description["outside_bodies"]["records"]
        json_of(requests.post(url, json=fact, timeout=TIMEOUT_S), 200)


def new_key() -> dict[str, str]:
    """Returns the header by which a repeated request counts once."""
    return {"Idempotency-Key": str(uuid4())}


def json_of(answer: requests.Response, *expected: int) -> Any:
    """Returns the JSON of an answer. Raises StartError for a status that isn't expected."""
    if answer.status_code not in expected:
        raise StartError(f"{answer.url} answered {answer.status_code}: {answer.text[:500]}")
    return answer.json()


def awaited(failure: str, ask: Callable[[], Found | None], seconds: float = ARRIVES_S) -> Found:
    """Returns what `ask` finds at last. Raises StartError when the time is over."""
    deadline = time.monotonic() + seconds
    with progress(f"so far {failure}"):
        while not (found := ask()):
            if time.monotonic() > deadline:
                raise StartError(f"{failure} within {seconds:.0f} s: see .run/system.log")
            time.sleep(0.2)
    return found
