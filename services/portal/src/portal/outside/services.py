"""The services that the portal asks: with the token of the person who looks at the page, or without."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import urllib3

from portal.outside.bound_tokens import BoundToken
from portal.outside.transport import ServiceConnection

# Answers of a service that isn't well, or of what stands in front of it.
_AWAY = frozenset((500, 502, 503, 504))
_PARAMETER = re.compile(r'([a-z_]+)="([^"]*)"')
_WISHES = ("max_age", "acr_values")
_IN_PROGRESS = "idempotency-key-in-use"
_WAITS = (0.2, 0.4, 0.8)  # in seconds, between the tries


class ServiceAway(Exception):
    """The service doesn't answer, or is unwell. Whether it carried out what was sent isn't known."""


class TokenRefused(Exception):
    """The service doesn't take the token any more: the person signs in anew."""


class NewSignInNeeded(TokenRefused):
    """The service wants a younger or a stronger sign-in for this request (RFC 9470). `wishes` go to the issuer with the
    next request for a sign-in: `max_age` and `acr_values`."""

    def __init__(self, wishes: Mapping[str, str]) -> None:
        super().__init__()
        self.wishes = wishes


def refusal_of_token(challenge: str) -> TokenRefused:
    """Returns what a service's header WWW-Authenticate says."""
    said = dict(_PARAMETER.findall(challenge))
    if said.get("error") != "insufficient_user_authentication":
        return TokenRefused()
    return NewSignInNeeded({name: said[name] for name in _WISHES if name in said})


@dataclass(frozen=True)
class Reply:
    """An answer of a service: its document, or the problem (RFC 9457) with which it refused."""

    status: int
    document: Mapping[str, Any]

    @property
    def is_problem(self) -> bool:
        return self.status >= 400

    @property
    def problem_name(self) -> str:
        """Returns the problem's name in contracts/problems; empty for an answer that is none."""
        return str(self.document.get("type", "")).rpartition("/")[2]


@dataclass(frozen=True)
class FileReply:
    """A file of a service, or the problem with which it refused."""

    content: bytes
    media_type: str
    problem: Reply | None = None


def await_first_answer(send: Callable[[], Reply]) -> Reply:
    """Sends an entry. While the same one is carried out (a button was pressed twice), its answer is awaited for a
    second or so: whoever pressed twice reads what the first press has done."""
    reply = send()
    for seconds in _WAITS:
        if reply.problem_name != _IN_PROGRESS:
            break
        time.sleep(seconds)
        reply = send()
    return reply


class ServiceClient:
    """A service over HTTP. Made once per process; safe for several threads."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http = ServiceConnection(self._url)

    def _ask(
        self,
        method: str,
        path: str,
        language: str,
        *,
        headers: Mapping[str, str] | None = None,
        accept: str = "application/json",
        **content: Any,
    ) -> urllib3.BaseHTTPResponse:
        """Sends a request; `content` is what the connection takes: query and body. Raises ServiceAway."""
        sent = {"Accept-Language": language, "Accept": accept, **(headers or {})}
        try:
            answer = self._http.request(method, path, headers=sent, **content)
        except urllib3.exceptions.HTTPError as error:
            raise ServiceAway(type(error).__name__) from None
        if answer.status in _AWAY:
            raise ServiceAway(str(answer.status))
        return answer


def reply_of(answer: urllib3.BaseHTTPResponse) -> Reply:
    """Reads an answer, which may be empty where the service says so. Raises ServiceAway for any other that isn't a
    document of a service."""
    if answer.status == HTTPStatus.NO_CONTENT:
        return Reply(answer.status, {})
    try:
        document = answer.json()
    except ValueError as error:
        raise ServiceAway(type(error).__name__) from None
    if not isinstance(document, dict):
        raise ServiceAway(str(answer.status))
    return Reply(answer.status, document)


def file_reply_of(answer: urllib3.BaseHTTPResponse) -> FileReply:
    """Reads an answer that is a file, or a refusal. Raises ServiceAway."""
    if answer.status >= 400:
        return FileReply(b"", "", reply_of(answer))
    return FileReply(answer.data, answer.headers.get("Content-Type", ""))


class AskedService(ServiceClient):
    """A service that is asked with a person's token."""

    def get(
        self, token: BoundToken, path: str, language: str, query: Mapping[str, Any] | None = None
    ) -> Reply:
        """Asks by GET. Raises ServiceAway and TokenRefused."""
        return reply_of(self._ask_as(token, "GET", path, language, query=query))

    def post(
        self,
        token: BoundToken,
        path: str,
        language: str,
        body: Mapping[str, Any],
        *,
        once: str | None = None,
        version: int | None = None,
    ) -> Reply:
        """Asks by POST. `once` is the Idempotency-Key of an entry; `version` is what the person has read of a thing,
        and the service refuses to change a newer version. Raises ServiceAway and TokenRefused."""
        return self._change(token, "POST", path, language, body, once, version)

    def post_lines(
        self, token: BoundToken, path: str, language: str, lines: Sequence[Any], *, once: str
    ) -> Reply:
        """Sends lines of JSON (NDJSON). The answer's document has them as `lines`, one for each line sent, unless the
        service refuses all. Raises ServiceAway and TokenRefused."""
        body = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
        headers = {"Idempotency-Key": once, "Content-Type": "application/x-ndjson"}
        answer = self._ask_as(
            token, "POST", path, language, headers=headers, body=body.encode(), accept="*/*"
        )
        if answer.status >= 400:
            return reply_of(answer)
        try:
            found = [json.loads(line) for line in answer.data.splitlines() if line]
        except ValueError as error:
            raise ServiceAway(type(error).__name__) from None
        return Reply(answer.status, {"lines": found})

    def put(
        self,
        token: BoundToken,
        path: str,
        language: str,
        body: Mapping[str, Any],
        *,
        once: str | None = None,
        version: int | None = None,
    ) -> Reply:
        """Asks by PUT. `once` is the Idempotency-Key of an entry, `version` what the person has read. Raises
        ServiceAway and TokenRefused."""
        return self._change(token, "PUT", path, language, body, once, version)

    def _change(
        self,
        token: BoundToken,
        method: str,
        path: str,
        language: str,
        body: Mapping[str, Any],
        once: str | None,
        version: int | None,
    ) -> Reply:
        headers = {"Idempotency-Key": once} if once else {}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return await_first_answer(
            lambda: reply_of(
                self._ask_as(token, method, path, language, headers=headers, json=dict(body))
            )
        )

    def delete(self, token: BoundToken, path: str, language: str) -> Reply:
        """Removes a thing by DELETE. Raises ServiceAway and TokenRefused."""
        return reply_of(self._ask_as(token, "DELETE", path, language))

    def post_file(
        self, token: BoundToken, path: str, language: str, file: tuple[str, bytes, str]
    ) -> Reply:
        """Sends a file: its name, content and media type. Raises ServiceAway and TokenRefused."""
        return reply_of(self._ask_as(token, "POST", path, language, fields={"file": file}))

    def get_file(
        self, token: BoundToken, path: str, language: str, query: Mapping[str, Any] | None = None
    ) -> FileReply:
        """Fetches a file. Raises ServiceAway and TokenRefused."""
        return file_reply_of(self._ask_as(token, "GET", path, language, accept="*/*", query=query))

    def _ask_as(
        self,
        token: BoundToken,
        method: str,
        path: str,
        language: str,
        *,
        headers: Mapping[str, str] | None = None,
        **content: Any,
    ) -> urllib3.BaseHTTPResponse:
        """Asks with the token; once more if the service wants its nonce in the proof (RFC 9449 section 8)."""

        def send(nonce: str | None = None) -> urllib3.BaseHTTPResponse:
            signed = token.headers(method, self._url + path, nonce)
            return self._ask(
                method, path, language, headers={**(headers or {}), **signed}, **content
            )

        answer = send()
        if answer.status == HTTPStatus.UNAUTHORIZED and (nonce := answer.headers.get("DPoP-Nonce")):
            answer = send(nonce)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise refusal_of_token(answer.headers.get("WWW-Authenticate", ""))
        return answer
