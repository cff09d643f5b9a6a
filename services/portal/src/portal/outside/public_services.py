"""The services that everybody may ask: without a token, with the visitor's vouched address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import urllib3

from chassis.core.settings import is_key
from chassis.core.vouched_addresses import HEADER, vouch_for
from portal.outside.services import (
    FileReply,
    Reply,
    ServiceClient,
    await_first_answer,
    file_reply_of,
    reply_of,
)
from portal.settings import Settings


@dataclass(frozen=True)
class PageVisitor:
    """For whom the portal asks: limits of the service count the address, texts are in the language."""

    address: str
    language: str


class PublicService(ServiceClient):
    """A service as everybody asks it."""

    def __init__(self, settings: Settings, service: str) -> None:
        super().__init__(settings.url_of(service))
        self._key = is_key(settings.vouching_key) if settings.vouching_key else None

    def get(self, visitor: PageVisitor, path: str, query: Mapping[str, Any] | None = None) -> Reply:
        """Asks by GET. Raises ServiceAway."""
        return reply_of(self._ask_for(visitor, "GET", path, query=query))

    def post(
        self, visitor: PageVisitor, path: str, body: Mapping[str, Any], *, once: str | None = None
    ) -> Reply:
        """Asks by POST. `once` is the Idempotency-Key of an entry. Raises ServiceAway."""
        keyed = {"Idempotency-Key": once} if once else {}
        return await_first_answer(
            lambda: reply_of(self._ask_for(visitor, "POST", path, headers=keyed, json=dict(body)))
        )

    def get_file(self, visitor: PageVisitor, path: str) -> FileReply:
        """Fetches a file by GET. Raises ServiceAway."""
        return file_reply_of(self._ask_for(visitor, "GET", path, accept="*/*"))

    def post_for_file(self, visitor: PageVisitor, path: str, body: Mapping[str, Any]) -> FileReply:
        """Fetches a file by POST, because what opens the file stands in no address. Raises ServiceAway."""
        return file_reply_of(self._ask_for(visitor, "POST", path, accept="*/*", json=dict(body)))

    def _ask_for(
        self,
        visitor: PageVisitor,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        **content: Any,
    ) -> urllib3.BaseHTTPResponse:
        vouched = dict(headers or {})
        if self._key is not None:
            vouched[HEADER] = vouch_for(visitor.address, self._key, datetime.now(UTC))
        return self._ask(method, path, visitor.language, headers=vouched, **content)
