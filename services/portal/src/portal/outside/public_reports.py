"""The service `reports`, asked for people without an account: it files reports, keeps photos, shows what is public."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests

from chassis.core.settings import is_key
from chassis.core.vouched_addresses import HEADER, vouch_for
from portal.outside.services import Reply
from portal.outside.transport import Transport
from portal.settings import Settings

# Answers of a service that isn't well, or of what stands in front of it.
_AWAY = frozenset((500, 502, 503, 504))
_PICTURES = frozenset(("image/jpeg", "image/png"))
_PUBLIC = "/v1/public"


class ReportsAway(Exception):
    """`reports` doesn't answer, or is unwell. Whether it carried out what was sent isn't known."""


@dataclass(frozen=True)
class PageVisitor:
    """For whom the portal asks: limits of `reports` count the address, texts are in the language."""

    address: str
    language: str


@dataclass(frozen=True)
class Picture:
    """A photo that an officer released."""

    content: bytes
    media_type: str


class PublicReports:
    """Made once per process; safe for several threads."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.reports_url.rstrip("/")
        self._key = is_key(settings.vouching_key) if settings.vouching_key else None
        self._http = Transport()

    def preview(self, visitor: PageVisitor, body: Mapping[str, Any]) -> Reply:
        """Checks a report that isn't filed yet. Raises ReportsAway."""
        return self._ask("POST", visitor, f"{_PUBLIC}/report-previews", json=dict(body))

    def file(self, visitor: PageVisitor, body: Mapping[str, Any]) -> Reply:
        """Files a report, once for each `submission_id`. Raises ReportsAway."""
        return self._ask("POST", visitor, f"{_PUBLIC}/reports", json=dict(body))

    def upload(self, visitor: PageVisitor, name: str, content: bytes) -> Reply:
        """Sends a photo that a report will claim. Raises ReportsAway."""
        files = {"file": (name, content, "application/octet-stream")}
        return self._ask("POST", visitor, f"{_PUBLIC}/attachments", files=files)

    def list_public(self, visitor: PageVisitor, query: Mapping[str, Any]) -> Reply:
        """Asks for a page of public reports. Raises ReportsAway."""
        return self._ask("GET", visitor, f"{_PUBLIC}/reports", params=dict(query))

    def get_public(self, visitor: PageVisitor, number: str) -> Reply:
        """Asks for a public report; `number` has only digits. Raises ReportsAway."""
        return self._ask("GET", visitor, f"{_PUBLIC}/reports/{number}")

    def get_photo(self, visitor: PageVisitor, photo_id: str) -> Picture | None:
        """Returns a released photo, or None. Raises ReportsAway."""
        answer = self._send("GET", visitor, f"{_PUBLIC}/photos/{photo_id}")
        media_type = answer.headers.get("Content-Type", "")
        is_picture = answer.status_code == requests.codes.ok and media_type in _PICTURES
        return Picture(answer.content, media_type) if is_picture else None

    def _ask(self, method: str, visitor: PageVisitor, path: str, **content: Any) -> Reply:
        answer = self._send(method, visitor, path, **content)
        try:
            document = answer.json()
        except ValueError:
            raise ReportsAway("no JSON") from None
        if not isinstance(document, dict):
            raise ReportsAway("no document")
        return Reply(answer.status_code, document)

    def _send(
        self, method: str, visitor: PageVisitor, path: str, **content: Any
    ) -> requests.Response:
        headers = {"Accept-Language": visitor.language}
        if self._key is not None:
            headers[HEADER] = vouch_for(visitor.address, self._key, datetime.now(UTC))
        try:
            answer = self._http.request(method, self._url + path, headers=headers, **content)
        except requests.RequestException as error:
            raise ReportsAway(type(error).__name__) from None
        if answer.status_code in _AWAY:
            raise ReportsAway(str(answer.status_code))
        return answer
