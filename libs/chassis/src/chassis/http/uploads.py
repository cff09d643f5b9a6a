"""A file that somebody with an account sends, before anything names it."""

from typing import Any

from chassis.access.quotas import Demand, Policy
from chassis.call import Call
from chassis.core.uploads import Upload
from chassis.files.attachments import Attachment, FilesSettings, uploader_of

HOUR = 3_600


def take_upload(call: Call[Any, Any], file: Upload) -> Attachment:
    """Keeps the file for its sender. A file is checked before the transaction begins, so that none waits meanwhile.
    Raises LimitReached, and what `Files.store` raises."""
    uploader = charge_upload(call)
    kept: Attachment = call.resources.files.store(
        call.session, file, uploader=uploader, now=call.now
    )
    return kept


def charge_upload(call: Call[Any, Any]) -> str:
    """Charges a file to its sender, and returns the sender as `claim` compares it. Raises LimitReached."""
    uploader = uploader_of(call.actor)
    call.charge(Demand(uploads_of_caller(call.settings), uploader))
    return uploader


def uploads_of_caller(settings: FilesSettings) -> Policy:
    """Returns the limit of the files that somebody with an account sends."""
    return Policy("uploads-of-caller", settings.uploads_per_caller, HOUR)
