"""Retention: the personal data of a reporter is emptied `reporter_days` after the end of the report.

The report stays, with its place, its times and its treatment, because the monthly table counts it for ever.
"""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, defer

from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import attachments_of
from reports.commands.photos import OWNER
from reports.commands.recording import record_report
from reports.domain.reports import Action
from reports.models import AFTER, NotSolvedToken, Photo, Remark, Report

BATCH = 200
# Texts by the citizen, to the citizen or about the citizen. Reopening stores the citizen's own words in `reason`.
_TEXTS = ("description", "landmark", "question", "reason")


def empty_old(work: UnitOfWork, *, before: datetime) -> int:
    """Empties one batch of the reports that ended before the moment, oldest first. Publishes `emptied` for each.
    Returns the size of the batch: 0 means that none is left. Processes side by side take different reports."""
    statement = (
        select(Report)
        .where(Report.closed_at < before, Report.emptied_at.is_(None))
        .order_by(Report.closed_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True, key_share=True)
        .options(
            defer(Report.reporter, raiseload=True)
        )  # a reporter that can't be unsealed is emptied too
    )
    rows = work.session.scalars(statement).all()
    for row in rows:
        _empty_report(work, row)
    return len(rows)


def _empty_report(work: UnitOfWork, row: Report) -> None:
    row.reporter = row.mobile_key = None
    for name in _TEXTS:
        setattr(row, name, None)
    row.extra, row.words_waiting = {}, False
    row.emptied_at = work.now
    work.session.execute(update(Remark).where(Remark.report_id == row.report_id).values(body=""))
    work.session.execute(delete(NotSolvedToken).where(NotSolvedToken.report_id == row.report_id))
    _empty_files(work.session, row.report_id)
    record_report(work, row, Action.EMPTY, "emptied")


def _empty_files(session: Session, report_id: str) -> None:
    """Keeps the pictures that show the place: released pictures, and pictures of the treatment. Every other attachment
    loses its owner, and is deleted as an upload that nothing claims."""
    photos = session.scalars(select(Photo).where(Photo.report_id == report_id)).all()
    stays = {one.attachment_id for one in photos if one.kind == AFTER or one.released_at}
    for file in attachments_of(session, OWNER, [report_id]):
        file.name, file.latitude, file.longitude = "", None, None
        if file.attachment_id not in stays or not file.media_type.startswith("image/"):
            file.owner_type = file.owner_id = None
            session.execute(delete(Photo).where(Photo.attachment_id == file.attachment_id))
