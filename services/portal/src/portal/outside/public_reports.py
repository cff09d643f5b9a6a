"""The service `reports`, asked for people without an account: it files reports, keeps photos, shows what is public."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from portal.outside.public_services import PageVisitor, PublicService
from portal.outside.services import Reply, reply_of
from portal.settings import Settings

_PICTURES = frozenset(("image/jpeg", "image/png"))
_PUBLIC = "/v1/public"


@dataclass(frozen=True)
class Picture:
    """A photo that an officer released."""

    content: bytes
    media_type: str


class PublicReports(PublicService):
    """`reports` as everybody asks it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "reports")

    def preview(self, visitor: PageVisitor, body: Mapping[str, Any]) -> Reply:
        """Checks a report that isn't filed yet. Raises ServiceAway."""
        return self.post(visitor, f"{_PUBLIC}/report-previews", body)

    def file(self, visitor: PageVisitor, body: Mapping[str, Any]) -> Reply:
        """Files a report, once for each `submission_id`. Raises ServiceAway."""
        return self.post(visitor, f"{_PUBLIC}/reports", body)

    def upload(self, visitor: PageVisitor, name: str, content: bytes) -> Reply:
        """Sends a photo that a report will claim. Raises ServiceAway."""
        files = {"file": (name, content, "application/octet-stream")}
        return reply_of(self._ask_for(visitor, "POST", f"{_PUBLIC}/attachments", fields=files))

    def list_public(self, visitor: PageVisitor, query: Mapping[str, Any]) -> Reply:
        """Asks for a page of public reports. Raises ServiceAway."""
        return self.get(visitor, f"{_PUBLIC}/reports", query)

    def get_public(self, visitor: PageVisitor, number: str) -> Reply:
        """Asks for a public report; `number` has only digits. Raises ServiceAway."""
        return self.get(visitor, f"{_PUBLIC}/reports/{number}")

    def inquire(self, visitor: PageVisitor, number: str, code: str) -> Reply:
        """Asks for the report of somebody who has the code of 940. Raises ServiceAway."""
        body = {"report_number": number, "code": code}
        return self.post(visitor, f"{_PUBLIC}/inquiries", body)

    def send_question_link(self, visitor: PageVisitor, number: str, mobile: str) -> Reply:
        """Lets the report's mobile get the link of its question once more. Raises ServiceAway."""
        body = {"report_number": number, "mobile": mobile}
        return self.post(visitor, f"{_PUBLIC}/question-links", body)

    def get_photo(self, visitor: PageVisitor, photo_id: str) -> Picture | None:
        """Returns a released photo, or None. Raises ServiceAway."""
        answer = self._ask_for(visitor, "GET", f"{_PUBLIC}/photos/{photo_id}", accept="*/*")
        media_type = answer.headers.get("Content-Type", "")
        is_picture = answer.status == HTTPStatus.OK and media_type in _PICTURES
        return Picture(answer.data, media_type) if is_picture else None
