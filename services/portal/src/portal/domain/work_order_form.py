"""The form in which a contractor says that the work is done. Pure."""

from collections.abc import Mapping
from typing import Any

from portal.domain.entry_form import EntryField

FIELDS = (
    EntryField("report_id", "hidden"),
    EntryField("text", "text", most=2_000),
    EntryField("photo", "photo", path="after_photos"),
)


def finished_work(typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body for the service: what was done, and the photo that was sent, if any."""
    photos = {"after_photos": [typed["photo"]]} if typed["photo"] else {}
    return {"text": typed["text"], **photos}
