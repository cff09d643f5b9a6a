"""The people who ask: somebody without a session who asks by number, and an officer who has signed in to the desk."""

import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from bench.portal.load import Load, request
from bench.portal.things import ASKED, Asked
from devstack.token import Issuer
from pages.origins import csrf_token
from portal.api.public.forms import FORM_COOKIE
from portal.commands.sessions import new_secret
from portal.domain.areas import DESK
from portal.domain.tasks import REFERRAL

INQUIRY, INBOX = "/inquiry", "/desk/reports"
OFFICER = "qatif.report-officer"
# A token lives for five minutes; each load begins with a younger one.
_RENEW_S = 100
_TIMEOUT_S = 30


def load_of_home(portal: str) -> Load:
    """Returns the load of requests for the home page, which costs the same whatever the tables hold."""
    url = f"{portal}/"
    page = requests.get(url, timeout=_TIMEOUT_S)
    if page.status_code != requests.codes.ok:
        raise SystemExit(f"the home page answers {page.status_code}: {page.text[:500]}")
    return Load("home", url, [request(url, {})], len(page.content))


class Inquirer:
    """A browser that has opened the form of the inquiry."""

    def __init__(self, portal: str) -> None:
        self._url = portal + INQUIRY
        self._secret = new_secret()

    def request(self, asked: Asked) -> bytes:
        """Returns the request for the thing of a number."""
        headers = {"Cookie": f"{FORM_COOKIE}={self._secret}"}
        return request(self._url, headers, self._form(asked))

    def load(self, asked: Iterable[Asked]) -> Load:
        """Returns the load of requests for things that there are."""
        asked = list(asked)
        page = self.ask(requests.Session(), asked[0])
        if page.status_code != requests.codes.ok or asked[0].number not in page.text:
            raise SystemExit(f"the inquiry answers {page.status_code}: {page.text[:500]}")
        made = [self.request(one) for one in asked]
        return Load("inquiry", self._url, made, len(page.content))

    def ask(self, http: requests.Session, asked: Asked) -> requests.Response:
        """Asks for the thing of a number, over a connection of the caller's."""
        parts = urlsplit(self._url)
        headers = {
            "Cookie": f"{FORM_COOKIE}={self._secret}",
            "Origin": f"{parts.scheme}://{parts.netloc}",
            "Sec-Fetch-Site": "same-origin",
        }
        return http.post(self._url, data=self._form(asked), headers=headers, timeout=_TIMEOUT_S)

    def _form(self, asked: Asked) -> dict[str, str]:
        token = csrf_token(self._secret)
        return {"csrf_token": token, "kind": ASKED, "number": asked.number, "proof": asked.mobile}


class Officer:
    """An officer of reports, signed in to the desk by the pages of identity."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._portal: str = description["portal"]["url"]
        self._issuer: str = description["issuer"]
        self._person = next(one for one in description["people"] if one["username"] == OFFICER)
        self._cookie, self._signed_in_at = "", float("-inf")

    @property
    def cookie(self) -> str:
        """Returns the secret of a session whose token is young."""
        if time.monotonic() - self._signed_in_at > _RENEW_S:
            self._cookie, self._signed_in_at = self._sign_in(), time.monotonic()
        return self._cookie

    def load(self) -> Load:
        """Returns the load of requests for the inbox."""
        headers = {"Cookie": f"{DESK.cookie}={self.cookie}"}
        url = self._portal + INBOX
        page = requests.get(url, headers=headers, timeout=_TIMEOUT_S, allow_redirects=False)
        if page.status_code != requests.codes.ok or "<table>" not in page.text:
            raise SystemExit(f"the inbox answers {page.status_code}: {page.text[:500]}")
        return Load("inbox", url, [request(url, headers)], len(page.content))

    def _sign_in(self) -> str:
        """Signs in as a new browser does: to identity, and back with a code."""
        begun = _get(f"{self._portal}{DESK.path}/sign-in/{REFERRAL.name}", {})
        query = parse_qs(urlsplit(begun.headers["Location"]).query)
        reference = {name: values[0] for name, values in query.items()}
        callback = self._portal + DESK.callback
        back = Issuer(self._issuer)._sign_in(reference, callback, self._person)
        done = _get(f"{callback}?{urlencode(back)}", _cookies_of(begun))
        cookies = _cookies_of(done)
        if DESK.cookie not in cookies:
            raise SystemExit(f"the desk's sign-in answers {done.status_code}: {done.text[:500]}")
        return cookies[DESK.cookie]


def _get(url: str, cookies: dict[str, str]) -> requests.Response:
    headers = {"Cookie": "; ".join(f"{name}={text}" for name, text in cookies.items())}
    return requests.get(url, headers=headers, timeout=_TIMEOUT_S, allow_redirects=False)


def _cookies_of(answer: requests.Response) -> dict[str, str]:
    """Returns the cookies that an answer sets. `requests` itself sends no Secure cookie to localhost."""
    lines = answer.raw.headers.getlist("Set-Cookie")
    return {name: rest.partition(";")[0] for name, _, rest in (one.partition("=") for one in lines)}
