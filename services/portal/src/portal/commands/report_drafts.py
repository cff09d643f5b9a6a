"""Drafts of reports: one for each browser, found by the cookie of public forms."""

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from portal.domain.report_form import Change, ReportDraft
from portal.models import ReportDraftRow

# A draft without a step for two hours is removed, because people share telephones and counter computers.
KEPT = timedelta(hours=2)


def open_draft(session: Session, browser: str, now: datetime) -> ReportDraft:
    """Returns the draft of a browser, by its secret; an empty one where there is none, or none younger than two
    hours."""
    row = session.get(ReportDraftRow, _hash(browser))
    return _read(row, now)


def change_draft(
    session: Session, browser: str, change: Change, now: datetime, *, begins: bool = True
) -> ReportDraft:
    """Changes the draft of a browser, one request at a time. Returns the draft. `begins`: the change begins a draft
    where there is none, and behind a report that was filed. Otherwise a browser without a draft gets none."""
    key = _hash(browser)
    if begins:
        blank = {"browser_hash": key, "content": _blank().record(), "saved_at": now}
        session.execute(postgresql.insert(ReportDraftRow).on_conflict_do_nothing(), [blank])
    row = session.get(ReportDraftRow, key, with_for_update=True, populate_existing=True)
    known = _read(row, now)
    draft = change(_blank() if known.filed and begins else known)
    if row is not None:
        row.content, row.saved_at = draft.record(), now
    return draft


def discard_draft(session: Session, browser: str) -> None:
    """Removes the draft of a browser."""
    session.execute(delete(ReportDraftRow).where(ReportDraftRow.browser_hash == _hash(browser)))


def drop_old_drafts(session: Session, now: datetime) -> None:
    """Removes the drafts that wait for more than two hours."""
    session.execute(delete(ReportDraftRow).where(ReportDraftRow.saved_at < now - KEPT))


def _read(row: ReportDraftRow | None, now: datetime) -> ReportDraft:
    if row is None or row.saved_at < now - KEPT:
        return _blank()
    return ReportDraft.read(row.content)


def _blank() -> ReportDraft:
    return ReportDraft(submission_id=new_id())


def _hash(browser: str) -> str:
    return sha256(f"report draft {browser}".encode()).hexdigest()
