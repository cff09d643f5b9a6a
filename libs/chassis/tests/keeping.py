"""What tests of attachments share: an upload, and the context of a chore."""

from datetime import UTC, datetime
from typing import Any

from chassis.core.context import Context
from chassis.core.uploads import Upload
from chassis.files.attachments import Files

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


def upload(content: bytes, name: str = "") -> Upload:
    return Upload(name, "image/jpeg", content)


def context_of(files: Files, session: Any, now: datetime = NOW) -> Context[Any, Any]:
    class Resources:
        pass

    resources: Any = Resources()
    resources.files = files
    return Context(open_session=lambda: session, settings=None, resources=resources, now=now)
