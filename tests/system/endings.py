"""The ways in which a right ends, each by the real request, with what has to be refused from then on.

`tests/system/test_revocation.py` asks whether that happens, `make promises PROMISE=ended-rights` how soon.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import requests
from joserfc import jws

from devstack.system import System
from devstack.token import Session, access_token

from .page_visitor import Browser, person_of

# The commercial register's stand-in says by its digits whose it is.
SHOP_OF_CITIZEN_A = "7000000013"
# Fresh connections, so that each of the workers is met.
TRIES = 20


class Refused(NamedTuple):
    """A request that was answered until now, and the status by which it's refused once the news has come."""

    ask: Callable[[], int]
    status: int = 401


class Desk:
    """The running system, with an administrator at hand."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.description = system.description()
        self.permits = self.url("permits", "/v1/permit-requests")
        self.gateway = self.url("partner-gateway", "/v1/building-permits")
        self.admin = self.administrator()

    def url(self, service: str, path: str) -> str:
        return self.description["services"][service]["url"] + path

    def ops(self, service: str) -> str:
        """The operations port of a web process."""
        return self.description["services"][service]["ops"]["serve"]

    def administrator(self) -> Session:
        """A new sign-in of the administrator."""
        return Session(self.description, "qatif.admin", "identity")

    def token(self, who: str, audience: str = "partner-gateway") -> str:
        return access_token(self.description, who, audience)

    def post(self, path: str, body: dict | None = None) -> dict:
        """An administrator's command to identity."""
        url = self.url("identity", path)
        answer = requests.post(url, json=body, headers=self.admin.headers("POST", url), timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def get(self, path: str) -> dict:
        url = self.url("identity", path)
        return requests.get(url, headers=self.admin.headers("GET", url), timeout=10).json()

    def status(self, url: str, token: str | Session) -> int:
        """Returns the status of one request over a connection of its own."""
        query = {"plan_number": "1/1"} if url == self.gateway else {}
        signed = token.headers("GET", url) if isinstance(token, Session) else None
        headers = signed or {"Authorization": f"Bearer {token}"}
        headers["Connection"] = "close"
        return requests.get(url, params=query, headers=headers, timeout=10).status_code

    def ask_with(self, url: str, token: str | Session, status: int = 401) -> Refused:
        """Returns the request with a token, which `status` will refuse."""
        return Refused(partial(self.status, url, token), status)


def claims_of(token: str) -> dict:
    """What the token says, unverified."""
    claims: dict = json.loads(jws.extract_compact(token.encode()).payload)
    return claims


def _require_answered(held: Sequence[Refused]) -> None:
    assert {one.ask() for one in held} == {200}


def wait_until(ask: Callable[[], int], status: int, *, seconds: float = 30.0) -> float:
    """Waits until each try is answered so. Returns the seconds to the last try that wasn't. Raises AssertionError when
    that takes longer than `seconds`."""
    began, last, in_a_row = time.monotonic(), 0.0, 0
    while in_a_row < TRIES or time.monotonic() - began < 2.0:
        found = ask()
        now = time.monotonic() - began
        in_a_row = in_a_row + 1 if found == status else 0
        last = last if found == status else now
        assert now < seconds, f"{found} instead of {status} after {now:.1f} s"
    return last


def wait_until_refused(refused: Sequence[Refused]) -> float:
    """Waits until each of the requests is refused. Returns the longest of the times."""
    with ThreadPoolExecutor(len(refused)) as pool:
        waits = [pool.submit(wait_until, *one) for one in refused]
        return max(wait.result() for wait in waits)


@contextmanager
def revoke_name(desk: Desk, kind: str, claim: str) -> Iterator[list[Refused]]:
    """Revokes one of the names in a dispatcher's token."""
    token = desk.token("sec.viewer")
    held = [desk.ask_with(desk.gateway, token)]
    _require_answered(held)
    body = {"kind": kind, "value": claims_of(token)[claim], "reason": "test"}
    desk.post("/v1/revocations", body)
    yield held


@contextmanager
def suspend_clerk(desk: Desk) -> Iterator[list[Refused]]:
    """Suspends a clerk."""
    token = desk.token("qatif.clerk", "permits")
    held = [desk.ask_with(desk.permits, token)]
    _require_answered(held)
    person = claims_of(token)["sub"]
    desk.post(f"/v1/people/{person}/suspend", {"reason": "left"})
    try:
        yield held
    finally:
        desk.post(f"/v1/people/{person}/reinstate")


@contextmanager
def suspend_reader(desk: Desk) -> Iterator[list[Refused]]:
    """Suspends a dispatcher whose pages of the portal are open. The first worker that hears of it ends the session, for
    all workers."""
    viewer = person_of(desk.description, "sec.viewer")
    browser = Browser(desk.description["portal"]["url"])
    assert browser.sign_in("look-up", viewer).status_code == 200
    held = [Refused(lambda: browser.get("/sec/permits", follow=False).status_code, 303)]
    _require_answered(held)
    people = desk.get("/v1/people")["items"]
    person = next(one["person_id"] for one in people if one["username"] == "sec.viewer")
    desk.post(f"/v1/people/{person}/suspend", {"reason": "test"})
    try:
        yield held
        assert browser.get("/sec/permits").url.endswith("/sec?to=%2Fsec%2Fpermits")
    finally:
        desk.post(f"/v1/people/{person}/reinstate")


@contextmanager
def withdraw_grant(desk: Desk) -> Iterator[list[Refused]]:
    """Withdraws the electricity company's grant at the gateway."""
    token = desk.token("sec.viewer")
    held = [desk.ask_with(desk.gateway, token, 403)]
    grants = desk.get("/v1/grants?organisation=sec")["items"]
    grant = next(one for one in grants if one["status"] == "active")
    _require_answered(held)
    desk.post(f"/v1/grants/{grant['grant_id']}/withdraw", {"reason": "test"})
    try:
        yield held
    finally:
        terms = {k: v for k, v in grant.items() if k not in {"grant_id", "status", "version"}}
        desk.post("/v1/grants", terms)
        wait_until(partial(desk.status, desk.gateway, token), 200)


@contextmanager
def end_delegation(desk: Desk) -> Iterator[list[Refused]]:
    """Ends a delegation by the owner of a shop."""
    owner = Session(desk.description, "citizen.a", "identity")
    delegate = next(one for one in desk.description["citizens"] if one["username"] == "citizen.b")
    place = desk.url("identity", "/v1/my/delegations")
    named = {
        "delegate": {"id_number": delegate["id_number"]},
        "unified_number": SHOP_OF_CITIZEN_A,
        "until": (datetime.now(UTC) + timedelta(days=9)).isoformat(),
    }
    made = requests.post(place, json=named, headers=owner.headers("POST", place), timeout=10)
    assert made.status_code == 201, made.text
    token = desk.token("citizen.b", "licences")
    assert claims_of(token)["acts_for"] == SHOP_OF_CITIZEN_A
    held = [desk.ask_with(desk.url("licences", "/v1/my/licences"), token)]
    _require_answered(held)
    url = f"{place}/{made.json()['delegation_id']}/end"
    body = {"reason": "انتهى العمل (بيانات تجريبية)"}
    requests.post(url, json=body, headers=owner.headers("POST", url), timeout=10).raise_for_status()
    yield held


@contextmanager
def replace_stolen_key(desk: Desk) -> Iterator[list[Refused]]:
    """Makes a new signing key in place of one that was stolen. The administrator signs in again."""
    held = [
        desk.ask_with(desk.gateway, desk.token("sec.viewer")),
        desk.ask_with(desk.permits, desk.token("qatif.clerk", "permits")),
        desk.ask_with(desk.url("identity", "/v1/grants"), desk.admin),
    ]
    _require_answered(held)
    desk.post("/v1/signing-keys/rotate", {"reason": "compromised"})
    yield held
    desk.admin = desk.administrator()


REVOKED = {
    "token": "jti",
    "session": "sid",
    "person": "sub",
    "client": "client_id",
    "organisation": "organisation",
}
ENDINGS: dict[str, Callable[[Desk], AbstractContextManager[list[Refused]]]] = {
    **{kind: partial(revoke_name, kind=kind, claim=claim) for kind, claim in REVOKED.items()},
    "suspension": suspend_clerk,
    "pages": suspend_reader,
    "grant": withdraw_grant,
    "delegation": end_delegation,
    "signing key": replace_stolen_key,
}
