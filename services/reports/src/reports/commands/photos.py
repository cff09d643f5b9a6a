"""Photos of a report: attachments that it claims from whoever sent them, and that an officer releases to the public."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import claim, one_of_owner, uploader_of
from reports.commands.recording import lock_report
from reports.domain.reports import OnlyPictures
from reports.models import Photo, Report

BEFORE, AFTER = "before", "after"
OWNER = "report"


def uploader_with(upload_key: str) -> str:
    """Whose an upload of somebody without an account is: whoever knows the key that the upload was answered with."""
    return "key/" + sha256(upload_key.encode()).hexdigest()


def add(work: UnitOfWork, row: Report, attachments: Sequence[str], kind: str) -> None:
    """Claims the attachments that the actor sent, by their ids. A photo that the report has already stays as it is, but
    shows no treatment. Raises NotFound for one that isn't the actor's, and for such a one as taken afterwards."""
    if not attachments:
        return
    wanted = list(dict.fromkeys(attachments))
    uploader = uploader_of(work.actor)
    claim(work.session, wanted, owner_type=OWNER, owner_id=row.report_id, uploader=uploader)
    mine = Photo.report_id == row.report_id
    known = set(work.session.scalars(select(Photo.attachment_id).where(mine)))
    last = work.session.scalar(select(func.coalesce(func.max(Photo.position), 0)).where(mine)) or 0
    new = [one for one in wanted if one not in known]
    if kind == AFTER and len(new) < len(wanted):
        raise NotFound
    put(work.session, row.report_id, new, kind, after=last, now=work.now)


def claim_for_new(session: Session, report_id: str, of: Mapping[str, Sequence[str]]) -> list[str]:
    """Claims, by uploader, the photos of a report that isn't there yet. Answers their ids, each once. Raises NotFound
    for one that isn't its uploader's."""
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
    """Makes photos of attachments that the report has claimed, behind the position `after`."""
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
    """Whether there's a photo taken after the treatment that's in progress: one from before a reopening shows what
    wasn't solved."""
    taken = exists().where(Photo.report_id == row.report_id, Photo.kind == AFTER)
    if row.reopened_at is not None:
        taken = taken.where(Photo.added_at > row.reopened_at)
    return bool(session.scalar(select(taken)))


def release(work: UnitOfWork, report_id: str, attachment_id: str) -> Photo:
    """Anybody may see the photo from now on, if its report is public; an officer looked at what's on it. Raises
    NotFound, and OnlyPictures for a paper."""
    photo = _locked(work, report_id, attachment_id)
    file = one_of_owner(work.session, attachment_id, owner_type=OWNER, owner_id=report_id)
    if not file.media_type.startswith("image/"):
        raise OnlyPictures
    if photo.released_at is None:
        photo.released_at, photo.released_by = work.now, work.actor.subject
        _record(work, photo, "release_photo")
    return photo


def withdraw(work: UnitOfWork, report_id: str, attachment_id: str) -> Photo:
    """The public sees the photo no more. Raises NotFound."""
    photo = _locked(work, report_id, attachment_id)
    if photo.released_at is not None:
        photo.released_at = photo.released_by = None
        _record(work, photo, "withdraw_photo")
    return photo


def _locked(work: UnitOfWork, report_id: str, attachment_id: str) -> Photo:
    lock_report(work, report_id)
    wanted = Photo.report_id == report_id, Photo.attachment_id == attachment_id
    photo = work.session.scalar(select(Photo).where(*wanted))
    if photo is None:
        raise NotFound
    return photo


def _record(work: UnitOfWork, photo: Photo, action: str) -> None:
    row = work.session.get_one(Report, photo.report_id)
    work.record_action(row, action, details={"position": photo.position})
