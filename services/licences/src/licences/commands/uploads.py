"""Uploads that become a thing's: the files of a draft, an application, a violation or an objection."""

from collections.abc import Collection

from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import claim_for_form, uploader_of


def claim_uploads(
    work: UnitOfWork, files: Collection[str], *, owner: tuple[str, str], field: str = "files"
) -> None:
    """Gives uploads of the actor to their owner. Raises InvalidFields of the form's field for an upload that the actor
    didn't send, that another thing has, or that was dropped because nothing claimed it for a day."""
    uploader, fault = uploader_of(work.actor), (field, "upload-not-kept")
    claim_for_form(work.session, files, owner=owner, uploader=uploader, fault=fault)
