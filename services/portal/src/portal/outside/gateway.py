"""The partner gateway, asked with the token of the person who looks at the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests_oauth2client import DPoPToken

from portal.outside.transport import Transport

# Answers of a gateway that isn't well, or of what stands in front of it.
_AWAY = frozenset((500, 502, 503, 504))


class GatewayAway(Exception):
    """The gateway doesn't answer, or is unwell."""


class TokenRefused(Exception):
    """The gateway doesn't take the token any more: the person signs in anew."""


@dataclass(frozen=True)
class Reply:
    """An answer of the gateway: its document, or the problem (RFC 9457) with which it refused."""

    status: int
    document: Mapping[str, Any]

    @property
    def is_problem(self) -> bool:
        return self.status >= 400


class Gateway:
    """Made once per process; safe for several threads."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http = Transport()

    def get(
        self, token: DPoPToken, path: str, language: str, query: Mapping[str, Any] | None = None
    ) -> Reply:
        """Asks by GET. Raises GatewayAway and TokenRefused."""
        return self._ask("GET", token, path, language, params=dict(query or {}))

    def post(
        self,
        token: DPoPToken,
        path: str,
        language: str,
        body: Mapping[str, Any],
        *,
        once: str | None = None,
    ) -> Reply:
        """Asks by POST; `once` is the Idempotency-Key of an entry. Raises GatewayAway and TokenRefused."""
        keyed = {"Idempotency-Key": once} if once else {}
        return self._ask("POST", token, path, language, headers=keyed, json=dict(body))

    def _ask(
        self,
        method: str,
        token: DPoPToken,
        path: str,
        language: str,
        *,
        headers: Mapping[str, str] | None = None,
        **content: Any,
    ) -> Reply:
        sent = {"Accept-Language": language, "Accept": "application/json", **(headers or {})}
        try:
            answer = self._http.request(
                method, self._url + path, auth=token, headers=sent, **content
            )
            document = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise GatewayAway(type(error).__name__) from None
        if answer.status_code == requests.codes.unauthorized:
            raise TokenRefused
        if answer.status_code in _AWAY or not isinstance(document, dict):
            raise GatewayAway(str(answer.status_code))
        return Reply(answer.status_code, document)
