"""Uploads that become a thing's: the files of a draft, an application, a violation or an objection."""

from collections.abc import Collection

from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import claim, uploader_of


def claim_uploads(
    work: UnitOfWork, files: Collection[str], *, owner: tuple[str, str], field: str = "files"
) -> None:
    """Gives uploads of the actor to their owner. Raises InvalidFields of the form's field for an upload that the actor
    didn't send, that another thing has, or that was dropped because nothing claimed it for a day."""
    owner_type, owner_id = owner
    uploader = uploader_of(work.actor)
    try:
        claim(work.session, files, owner_type=owner_type, owner_id=owner_id, uploader=uploader)
    except NotFound:
        raise InvalidFields.of(field, "upload-not-kept") from None
