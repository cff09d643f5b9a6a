"""HTTP of the portal: a limit of time for every request, no proxy of the environment, no redirect."""

from typing import Any

import requests
from requests.adapters import HTTPAdapter

CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 10.0
_CONNECTIONS = 16


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
