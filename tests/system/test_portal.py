"""The portal in the running system: a dispatcher's four queries by its pages, and a person who is suspended."""

import html
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from devstack.token import Session
from saudi.days import legal_day

from .conftest import until

PROMISED_S = 2.0


class Browser:
    """A browser without a screen. It keeps cookies of the attribute Secure on localhost too, as Chromium does."""

    def __init__(self, portal: str) -> None:
        self._portal = portal
        self._cookies: dict[str, dict[str, str]] = {}

    def get(self, address: str, *, follow: bool = True) -> requests.Response:
        return self._go("GET", urljoin(self._portal, address), {}, follow=follow)

    def send(self, page: requests.Response, address: str, /, **inputs: str) -> requests.Response:
        """Sends the form of a page, with its hidden inputs."""
        forms = re.findall(r"<form.*?</form>", page.text, re.DOTALL)
        form = next(one for one in forms if f'action="{address}"' in one)
        tags = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form)
        hidden = {html.unescape(name): html.unescape(value) for name, value in tags}
        return self._go("POST", urljoin(page.url, address), {**hidden, **inputs})

    def sign_in(self, task: str, person: dict[str, Any], area: str = "sec") -> requests.Response:
        page = self.get(f"/{area}/sign-in/{task}")
        names = {"username": person["username"], "password": person["password"]}
        return self.send(page, "/authorize", action="sign-in", **names)

    def _go(
        self, method: str, url: str, form: dict[str, str], *, follow: bool = True
    ) -> requests.Response:
        while True:
            host = urlsplit(url).netloc
            jar = self._cookies.setdefault(host, {})
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
            if method == "POST":
                headers |= {"Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
            answer = requests.request(
                method, url, data=form, headers=headers, timeout=20, allow_redirects=False
            )
            for line in answer.raw.headers.getlist("Set-Cookie"):
                name, _, rest = line.partition("=")
                jar[name] = rest.partition(";")[0]
            if not follow or not answer.is_redirect:
                return answer
            method, url, form = "GET", urljoin(url, answer.headers["Location"]), {}


def person_of(town: Any, username: str) -> dict[str, Any]:
    return next(one for one in town.description["people"] if one["username"] == username)


def test_a_dispatcher_finds_a_permit_by_each_query_and_reads_the_verdict(town):
    permit = town.issue(plan_number="713/7")
    number, land = permit["permit_number"], permit["land"]
    until(lambda: town.find(permit_number=number).json()["items"])
    browser = Browser(town.description["portal"]["url"])
    form = browser.sign_in("dispatch", person_of(town, "sec.dispatcher"))
    owner = permit["owners"][0]["id_number"]
    searches = [
        {"permit_number": number},
        {"plan_number": "٧١٣ / ٧", "plot": land["plots"][0]},
        {"issued_from": legal_day(permit["issued_at"]).isoformat()},
        {"owner_number": owner, "purpose": "meter-connection", "case_reference": "C-1"},
    ]

    for search in searches:
        found = browser.send(form, "/sec/permits", **search)
        assert found.status_code == 200
        assert permit["permit_id"] in found.text, search
        assert owner not in found.url

    shown = browser.get(f"/sec/permits/{permit['permit_id']}")
    assert 'class="verdict none"' in shown.text
    assert "لم يُطلب إطلاق التيار" in shown.text


def test_the_pages_of_a_suspended_person_are_dead_within_two_seconds(town):
    viewer, browser = person_of(town, "sec.viewer"), Browser(town.description["portal"]["url"])
    assert browser.sign_in("look-up", viewer).status_code == 200
    issuer = town.url("identity")
    admin = Session(town.description, "qatif.admin", "identity")

    def send(method: str, path: str) -> Any:
        headers = admin.headers(method, issuer + path)
        body = {"reason": "test"} if path.endswith("/suspend") else None
        answer = requests.request(method, issuer + path, json=body, headers=headers, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    people = send("GET", "/v1/people")["items"]
    path = next(one["person_id"] for one in people if one["username"] == "sec.viewer")
    send("POST", f"/v1/people/{path}/suspend")
    try:
        until(
            lambda: browser.get("/sec/permits", follow=False).status_code == 303, seconds=PROMISED_S
        )
        assert browser.get("/sec/permits").url.endswith("/sec?to=%2Fsec%2Fpermits")
    finally:
        send("POST", f"/v1/people/{path}/reinstate")
