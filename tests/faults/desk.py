"""A client's calls: real HTTP, real tokens, and an honest judgement of the answer."""

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
import urllib3

from devstack.machine import StartError, say
from devstack.token import access_token

from .history import History, Kind

RENEW_S, EXPIRED_S = 150.0, 280.0
TIMEOUT = urllib3.Timeout(connect=2.0, read=8.0)
UNKNOWN = "outcome-unknown"
_LETTERS = str.maketrans("0123456789", "abcdefghij")
QUERIED = "partner-gateway"  # only asked, never changed


@dataclass(frozen=True)
class Answer:
    """`problem` is the slug of a problem, else empty; `status` 0 means that no answer came."""

    kind: Kind
    status: int
    body: Any
    problem: str = ""

    @property
    def ok(self) -> bool:
        return self.kind == "ok"


def judge(status: int, media_type: str, body: Any) -> Answer:
    """Judges an answer. A problem says that nothing was changed or that the outcome is unknown.

    Other errors say nothing about the outcome.
    """
    if status < 300:
        return Answer("ok", status, body)
    if media_type.startswith("application/problem+json") and isinstance(body, dict):
        slug = str(body.get("type", "")).rpartition("/")[2]
        return Answer("unknown" if slug == UNKNOWN else "fail", status, body, slug)
    return Answer("unknown" if status >= 500 else "fail", status, body)


class Tokens:
    """Keeps one token for each (who, audience) and renews it in time. An issuer that's away is asked again."""

    def __init__(self, description: Callable[[], dict[str, Any]]) -> None:
        self._description = description
        self._kept: dict[tuple[str, str], tuple[float, str]] = {}
        self._lock = threading.Lock()

    def of(self, who: str, audience: str) -> str | None:
        """Returns a token, None when the issuer gives none just now."""
        made, token = self._kept.get((who, audience), (float("-inf"), ""))
        age = time.monotonic() - made
        if age < RENEW_S:
            return token
        if self._lock.acquire(blocking=age > EXPIRED_S):
            try:
                return self._renewed(who, audience)
            except (StartError, requests.RequestException) as error:
                if age > EXPIRED_S:
                    say(f"faults: no token for {who}: {error}"[:300])
                return token if age < EXPIRED_S else None
            finally:
                self._lock.release()
        return token

    def _renewed(self, who: str, audience: str) -> str:
        made, token = self._kept.get((who, audience), (float("-inf"), ""))
        if time.monotonic() - made < RENEW_S:
            return token
        token = access_token(self._description(), who, audience)
        self._kept[who, audience] = (time.monotonic(), token)
        return token


class Desk:
    """Sends calls and notes each before and after. Shared by all clients of a run."""

    def __init__(self, history: History, tokens: Tokens, run: int) -> None:
        self._history = history
        self._tokens = tokens
        self._run = run
        self._numbers = itertools.count(1)
        self._pool = urllib3.PoolManager(maxsize=32, retries=False, timeout=TIMEOUT)
        self.writes = 0
        self.queries = 0
        self.malformed: Counter[str] = (
            Counter()
        )  # operation → its calls that no rule of the product lets through

    def marker(self) -> str:
        """Twelve digits that no other call has; the product keeps them as note, reason or number."""
        return f"{self._run % 1000:03d}{next(self._numbers):09d}"

    def marker_word(self) -> str:
        """Twelve letters that no other call has: a name or a published reason holds no long number."""
        return self.marker().translate(_LETTERS)

    def call(
        self,
        client: str,
        operation: str,
        url: str,
        body: Any = None,
        *,
        marker: str,
        about: str = "",
        who: str = "qatif.officer",
        audience: str = "permits",
    ) -> Answer:
        """POST with a body, else GET. Noted as fail without being sent when there's no token."""
        self._history.note(client, "invoke", operation, marker=marker, about=about)
        token = self._tokens.of(who, audience)
        answer = self._send(url, body, token) if token else Answer("fail", 0, None, "no-token")
        if answer.ok:
            self.writes += audience != QUERIED and body is not None
            self.queries += audience == QUERIED
        self.malformed[operation] += answer.problem == "invalid-request"
        self._history.note(
            client, answer.kind, operation, marker=marker, about=about or _id_in(answer.body),
            status=answer.status, problem=answer.problem, **_of_gateway(audience, answer),
        )  # fmt: skip
        return answer

    def look(self, url: str, who: str = "qatif.officer", audience: str = "permits") -> Any:
        """Reads without a note in the history. So a client finds out what became of an unknown call."""
        token = self._tokens.of(who, audience)
        answer = self._send(url, None, token) if token else None
        return answer.body if answer and answer.ok else None

    def _send(self, url: str, body: Any, token: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = None if body is None else json.dumps(body).encode()
        try:
            answer = self._pool.request(
                "GET" if body is None else "POST", url, body=content, headers=headers
            )
            document = json.loads(answer.data or b"null")
        except urllib3.exceptions.NewConnectionError:
            return Answer(
                "fail", 0, None, "refused"
            )  # no process listened: the request was never sent
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return Answer("unknown", 0, None, type(error).__name__)
        except ValueError:
            document = None
        return judge(answer.status, answer.headers.get("Content-Type", ""), document)


def _id_in(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    names = ("certificate_id", "permit_id", "request_id", "report_id")
    return next((str(body[name]) for name in names if body.get(name)), "")


def _of_gateway(audience: str, answer: Answer) -> dict[str, Any]:
    if audience != QUERIED or not answer.ok:
        return {}
    body = answer.body
    items = body["items"] if "items" in body else [body["item"]]
    return {"as_of": body.get("as_of"), "permit_ids": [item["permit_id"] for item in items]}
