"""Journeys of appointments: a person books with a code from a text, and opens the text's link."""

import re
import secrets

import requests

from devstack.journeys.visitor import MARK, TIMEOUT_S, Body, Visitor, awaited, json_of, new_key
from devstack.machine import StartError

Headers = dict[str, str]
_CODE = re.compile(r"\b[0-9]{6}\b", re.ASCII)
_LINK = re.compile(r"https?://\S+/a/[A-Za-z0-9_-]+")


class AppointmentsJourney(Visitor):
    """A person without an account, and the officers of the desk."""

    def ask(self, path: str, body: Body, *expected: int, headers: Headers | None = None) -> Body:
        """Sends a request without a token."""
        url = f"{self.url('appointments')}/v1/public/{path}"
        sent = requests.post(url, json=body, headers=headers, timeout=TIMEOUT_S)
        answer: Body = json_of(sent, *expected)
        return answer

    def free_slots(self, municipality: str, service: str) -> tuple[str, list[Body]]:
        """Returns a department of the branch, and its free slots of the next two weeks."""
        url = f"{self.url('appointments')}/v1/public"
        asked = {"municipality": municipality}
        listed = requests.get(f"{url}/appointment-departments", params=asked, timeout=TIMEOUT_S)
        department = json_of(listed, 200)["items"][0]["department_id"]
        which = {"department_id": department, "service": service, "days": "14"}
        slots = requests.get(f"{url}/appointment-slots", params=which, timeout=TIMEOUT_S)
        return department, json_of(slots, 200)["items"]

    def book(self, department: str, service: str, starts_at: str, mobile: str) -> Body:
        """Holds a slot, waits for the code's text, and books."""
        slot = {"department_id": department, "service": service, "starts_at": starts_at}
        device = secrets.token_urlsafe(16)
        hold = self.ask("appointment-holds", {**slot, "device_key": device}, 201)
        key = {"hold_id": hold["hold_id"], "device_key": device}
        person = {"mobile": mobile, "name": f"علي آل تجربة {MARK}"}
        before = len(self._codes(mobile))
        self.ask("appointment-codes", {**key, **person}, 202)
        code = awaited(
            "no text with a code came", lambda: next(iter(self._codes(mobile)[before:]), None)
        )
        booking = {**key, **person, "code": code}
        return self.ask("appointments", booking, 201, headers=new_key())

    def _codes(self, mobile: str) -> list[str]:
        texts = self.texts(mobile, "رمز التحقق")
        return [found.group() for text in texts if (found := _CODE.search(text))]

    def link_in_text(self, mobile: str, number: str) -> str:
        """Returns the link of the first text to a mobile about an appointment."""

        def find() -> str | None:
            found = (_LINK.search(text) for text in self.texts(mobile, number))
            return next((one.group() for one in found if one), None)

        return awaited(f"no text with a link to {number} came", find)

    def press(self, link: str, action: str) -> None:
        """Opens the link, which changes nothing, and then presses a button."""
        seen = requests.get(link, timeout=TIMEOUT_S)
        pressed = requests.post(link, data={"action": action}, timeout=TIMEOUT_S)
        if (seen.status_code, pressed.status_code) != (200, 200):
            raise StartError(f"the link answered {seen.status_code}, then {pressed.status_code}")
