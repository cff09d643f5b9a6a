"""A citizen's browser: our page, the national login's two pages, our callback."""

import re
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from .oauth_clients import CITIZENS_CALLBACK, Form, Oauth

FATIMA, HASAN = "1000000016", "1000000024"
ASKED = {
    "client_id": "citizens",
    "redirect_uri": CITIZENS_CALLBACK,
    "scope": "my-delegations.write",
}


class Citizen:
    """One browser of somebody, over the application under test and the stand-in."""

    def __init__(self, oauth: Oauth, id_number: str = FATIMA) -> None:
        self.oauth, self.id_number = oauth, id_number
        self.browser = oauth.browser()

    def page(self, **changes: Any) -> httpx.Response:
        """Our page for a new request of the application."""
        return self.browser.get("/authorize", params=self.oauth.reference(**ASKED | changes))

    def leave(self, **changes: Any) -> str:
        """To the national login: the address to which our page's button leads."""
        return self.press(self.page(**changes))

    def press(self, page: httpx.Response) -> str:
        """The button of one of our pages."""
        form = Form(page.text)
        answer = self.browser.post(form.action, data={**form.inputs, "action": "national-login"})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def approve(self, address: str, choice: str | None = None) -> str:
        """At the national login; the callback's address. `choice`: `refuse`, `late`, or another number."""
        with httpx.Client() as elsewhere:
            page = elsewhere.get(address)
            assert page.status_code == 200, page.text
            form = Form(page.text)
            data = {**form.inputs, "id_number": self.id_number}
            page = elsewhere.post(urljoin(address, form.action), data=data)
            number = re.search(r'data-number="(\d\d)"', page.text)
            assert number is not None, page.text
            form = Form(page.text)
            data = {**form.inputs, "choice": choice or number[1]}
            answer = elsewhere.post(urljoin(address, form.action), data=data)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def come_back(self, callback: str) -> httpx.Response:
        """Our answer to the callback."""
        return self.browser.get(callback)

    def sign_in(self, choice: str | None = None, **changes: Any) -> httpx.Response:
        """All of it; nothing of it while a session lasts."""
        page = self.page(**changes)
        if page.status_code == 303:
            return page
        return self.come_back(self.approve(self.press(page), choice))

    def token(self, **changes: Any) -> str:
        """An access token."""
        code = self.oauth.returned(self.sign_in(**changes))["code"]
        return self.redeemed(code)

    def redeemed(self, code: str) -> str:
        answer = self.oauth.redeem(code, "citizens", redirect_uri=CITIZENS_CALLBACK)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def headers(self) -> dict[str, str]:
        """The Authorization header of a new token."""
        return {"Authorization": f"Bearer {self.token()}"}


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
