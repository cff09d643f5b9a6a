"""Photos of a report: the report claims attachments of their uploader, and an officer releases them to the public."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from chassis.core.refusals import Fault, Findings, InvalidFields, NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment, attachment_of, claim, uploader_of
from reports.commands.recording import lock_report
from reports.domain.reports import OnlyPictures
from reports.models import AFTER, Photo, Report, after_photos_of

OWNER = "report"


def uploader_with(upload_key: str) -> str:
    """Returns the uploader of an upload without an account: the holder of the upload key."""
    return "key/" + sha256(upload_key.encode()).hexdigest()


def add_after(work: UnitOfWork, row: Report, attachments: Sequence[str]) -> None:
    """Claims attachments of the actor by their ids, as photos of the treatment. Raises InvalidFields for an attachment
    of another uploader, and for a photo that the report has: it shows the place as it was before."""
    if not attachments:
        return
    wanted = list(dict.fromkeys(attachments))
    of_report = Photo.report_id == row.report_id
    known = set(work.session.scalars(select(Photo.attachment_id).where(of_report)))
    _require_new(attachments, known)
    _claim(work.session, row.report_id, wanted, uploader_of(work.actor), "after_photos")
    last = (
        work.session.scalar(select(func.coalesce(func.max(Photo.position), 0)).where(of_report))
        or 0
    )
    put(work.session, row.report_id, wanted, AFTER, after=last, now=work.now)


def _require_new(attachments: Sequence[str], known: Collection[str]) -> None:
    """Raises InvalidFields, which names each photo that was sent before."""
    findings = Findings()
    for place, one in enumerate(attachments):
        findings.fault(f"after_photos.{place}", "photo-used" if one in known else None)
    findings.settle()


class PhotosUnknown(InvalidFields):
    """The uploader sent no attachment of such an id, or another report has the attachment."""


def _claim(session: Session, report_id: str, ids: Sequence[str], uploader: str, field: str) -> None:
    """Claims attachments of the uploader. Raises PhotosUnknown, which names each that isn't free."""
    try:
        claim(session, ids, owner_type=OWNER, owner_id=report_id, uploader=uploader)
    except NotFound:
        free = set(
            session.scalars(
                select(Attachment.attachment_id).where(
                    Attachment.attachment_id.in_(ids),
                    Attachment.uploader == uploader,
                    or_(Attachment.owner_id.is_(None), Attachment.owner_id == report_id),
                )
            )
        )
        faults = [
            Fault(f"{field}.{place}", "photo-not-sent")
            for place, one in enumerate(ids)
            if one not in free
        ]
        raise PhotosUnknown(faults) from None


def claim_for_new(session: Session, report_id: str, of: Mapping[str, Sequence[str]]) -> list[str]:
    """Claims the photos of a new report, by uploader. Returns each id once. Raises PhotosUnknown for an attachment of
    another uploader."""
    for uploader, ids in of.items():
        if ids:
            _claim(session, report_id, ids, uploader, "photos")
    return list(dict.fromkeys(one for ids in of.values() for one in ids))


def put(
    session: Session,
    report_id: str,
    attachments: Sequence[str],
    kind: str,
    *,
    after: int = 0,
    now: datetime,
) -> None:
    """Adds claimed attachments as photos, behind the position `after`."""
    session.add_all(
        Photo(
            report_id=report_id,
            position=position,
            attachment_id=attachment_id,
            kind=kind,
            added_at=now,
        )
        for position, attachment_id in enumerate(attachments, after + 1)
    )


def has_after(session: Session, row: Report) -> bool:
    """Returns whether a photo shows the present treatment."""
    return bool(session.scalar(select(exists().where(after_photos_of(row)))))


def release(work: UnitOfWork, report_id: str, attachment_id: str) -> Photo:
    """Releases the photo to the public, if the report is public; the officer has checked the picture. Raises NotFound,
    and OnlyPictures for a paper."""
    photo = _lock_photo(work, report_id, attachment_id)
    file = attachment_of(work.session, attachment_id, owner_type=OWNER, owner_id=report_id)
    if not file.media_type.startswith("image/"):
        raise OnlyPictures
    if photo.released_at is None:
        photo.released_at, photo.released_by = work.now, work.actor.subject
        _record_action(work, photo, "release_photo")
    return photo


def withdraw(work: UnitOfWork, report_id: str, attachment_id: str) -> Photo:
    """Withdraws the photo from the public. Raises NotFound."""
    photo = _lock_photo(work, report_id, attachment_id)
    if photo.released_at is not None:
        photo.released_at = photo.released_by = None
        _record_action(work, photo, "withdraw_photo")
    return photo


def _lock_photo(work: UnitOfWork, report_id: str, attachment_id: str) -> Photo:
    lock_report(work, report_id)
    wanted = Photo.report_id == report_id, Photo.attachment_id == attachment_id
    photo = work.session.scalar(select(Photo).where(*wanted))
    if photo is None:
        raise NotFound
    return photo


def _record_action(work: UnitOfWork, photo: Photo, action: str) -> None:
    row = work.session.get_one(Report, photo.report_id)
    work.record_action(row, action, details={"position": photo.position})
