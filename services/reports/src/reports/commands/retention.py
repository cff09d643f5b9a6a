"""What's emptied when its time is over: whatever tells of a reporter, some years after his report's end.

The report itself stays, with its place, its times and its treatment: the monthly table counts it for ever.
"""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, defer

from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import of_owner
from reports.commands.photos import AFTER, OWNER
from reports.commands.recording import record_report
from reports.domain.actors import service_as
from reports.domain.reports import Action
from reports.models import NotSolvedToken, Photo, Remark, Report

RETENTION = service_as("retention")
BATCH = 200
# What a citizen wrote, or what was written to him or about him. `reason` is his own once he reopened the report.
_TEXTS = ("description", "landmark", "question", "reason")


def empty_old(session: Session, *, before: datetime, now: datetime) -> int:
    """Empties some of the reports that ended before a moment, oldest first, and publishes `emptied` for each. Answers
    how many; repeat it until there are none. Several processes take different ones."""
    statement = (
        select(Report)
        .where(Report.closed_at < before, Report.emptied_at.is_(None))
        .order_by(Report.closed_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True, key_share=True)
        .options(defer(Report.reporter, raiseload=True))  # one that doesn't open is emptied too
    )
    rows = session.scalars(statement).all()
    for row in rows:
        _empty(session, row, now)
    return len(rows)


def _empty(session: Session, row: Report, now: datetime) -> None:
    row.reporter = row.mobile_key = None
    for name in _TEXTS:
        setattr(row, name, None)
    row.extra = {}
    row.emptied_at = now
    session.execute(update(Remark).where(Remark.report_id == row.report_id).values(body=""))
    session.execute(delete(NotSolvedToken).where(NotSolvedToken.report_id == row.report_id))
    _empty_files(session, row.report_id)
    record_report(UnitOfWork(session, RETENTION, now), row, Action.EMPTY, "emptied")


def _empty_files(session: Session, report_id: str) -> None:
    """What shows the place stays: a picture that an officer released, and one of the treatment. What else the reporter
    sent is nobody's any more, and its file is deleted as an upload that nothing claims."""
    photos = session.scalars(select(Photo).where(Photo.report_id == report_id)).all()
    stays = {one.attachment_id for one in photos if one.kind == AFTER or one.released_at}
    for file in of_owner(session, OWNER, [report_id]):
        file.name, file.latitude, file.longitude = "", None, None
        if file.attachment_id not in stays or not file.media_type.startswith("image/"):
            file.owner_type = file.owner_id = None
            session.execute(delete(Photo).where(Photo.attachment_id == file.attachment_id))
