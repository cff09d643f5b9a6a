"""A person at the portal's pages, without a browser."""

import html
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests


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


def person_of(description: dict[str, Any], username: str) -> dict[str, Any]:
    return next(one for one in description["people"] if one["username"] == username)
