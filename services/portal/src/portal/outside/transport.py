"""HTTP of the portal: a limit of time for every request, no proxy of the environment, no redirect."""

from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.hooks import dispatch_hook

CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 10.0
_CONNECTIONS = 16


class ServiceConnection:
    """HTTP to our own services, without what they don't need of a `requests.Session`: cookies, redirects and settings
    to merge. Several threads share it."""

    def __init__(self) -> None:
        self._adapter = HTTPAdapter(pool_connections=1, pool_maxsize=_CONNECTIONS)

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], **content: Any
    ) -> requests.Response:
        """Sends a request, and reads the whole answer. `content` is that of `requests.Request`."""
        prepared = requests.Request(method, url, headers=dict(headers), **content).prepare()
        limits = (CONNECT_SECONDS, ANSWER_SECONDS)
        sent = self._adapter.send(prepared, timeout=limits)
        answer: requests.Response = dispatch_hook(  # type: ignore[no-untyped-call]
            "response", prepared.hooks, sent, timeout=limits
        )
        _ = answer.content  # gives the connection back
        return answer


class Transport(requests.Session):
    """A session that several threads share: it keeps no cookies."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=_CONNECTIONS)
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def request(self, *args: Any, **options: Any) -> requests.Response:
        """Sends a request."""
        limits = {"timeout": (CONNECT_SECONDS, ANSWER_SECONDS), "allow_redirects": False}
        answer = super().request(*args, **{**options, **limits})
        self.cookies.clear()
        return answer
