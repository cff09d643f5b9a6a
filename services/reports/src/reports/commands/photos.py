"""Photos of a report: the report claims attachments of their uploader, and an officer releases them to the public."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import attachment_of, claim, uploader_of
from reports.commands.recording import lock_report
from reports.domain.reports import OnlyPictures
from reports.models import Photo, Report

BEFORE, AFTER = "before", "after"
OWNER = "report"


def uploader_with(upload_key: str) -> str:
    """Returns the uploader of an upload without an account: the holder of the upload key."""
    return "key/" + sha256(upload_key.encode()).hexdigest()


def add(work: UnitOfWork, row: Report, attachments: Sequence[str], kind: str) -> None:
    """Claims attachments of the actor by their ids. A photo that the report has stays unchanged, and can't show the
    treatment. Raises NotFound for an attachment of another uploader, and for a present photo as an after-photo."""
    if not attachments:
        return
    wanted = list(dict.fromkeys(attachments))
    uploader = uploader_of(work.actor)
    claim(work.session, wanted, owner_type=OWNER, owner_id=row.report_id, uploader=uploader)
    of_report = Photo.report_id == row.report_id
    known = set(work.session.scalars(select(Photo.attachment_id).where(of_report)))
    last = (
        work.session.scalar(select(func.coalesce(func.max(Photo.position), 0)).where(of_report))
        or 0
    )
    new = [one for one in wanted if one not in known]
    if kind == AFTER and len(new) < len(wanted):
        raise NotFound
    put(work.session, row.report_id, new, kind, after=last, now=work.now)


def claim_for_new(session: Session, report_id: str, of: Mapping[str, Sequence[str]]) -> list[str]:
    """Claims the photos of a new report, by uploader. Returns each id once. Raises NotFound for an attachment of
    another uploader."""
    for uploader, ids in of.items():
        if ids:
            claim(session, ids, owner_type=OWNER, owner_id=report_id, uploader=uploader)
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
    """Returns whether a photo shows the present treatment. A photo from before a reopening doesn't count, because it
    shows the unsolved problem."""
    taken = exists().where(Photo.report_id == row.report_id, Photo.kind == AFTER)
    if row.reopened_at is not None:
        taken = taken.where(Photo.added_at > row.reopened_at)
    return bool(session.scalar(select(taken)))


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
