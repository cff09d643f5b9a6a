"""HTTP of the portal: a limit of time for every request, no proxy of the environment, no redirect."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 10.0
_CONNECTIONS = 16


class ServiceConnection:
    """HTTP to one of our own services. `requests` would take three times as long, for cookies, redirects, proxies and
    settings that no service of ours needs. Several threads share it. Certificates are checked by the system's store."""

    def __init__(self, url: str) -> None:
        self._base = urlsplit(url).path
        self._pool = urllib3.connection_from_url(
            url,
            maxsize=_CONNECTIONS,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
            retries=False,
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, Any] | None = None,
        **content: Any,
    ) -> urllib3.BaseHTTPResponse:
        """Sends a request, and reads the whole answer. A parameter of None is left out. `content` is that of urllib3:
        `json`, `body`, or `fields` of a form. Raises urllib3's HTTPError."""
        given = {name: value for name, value in (query or {}).items() if value is not None}
        target = self._base + path
        if given:
            target += f"?{urlencode(given, doseq=True)}"
        return self._pool.request(method, target, headers=headers, redirect=False, **content)


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
