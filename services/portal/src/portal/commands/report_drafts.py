"""Drafts of reports: one for each browser, found by the cookie of public forms."""

from dataclasses import dataclass, replace
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


@dataclass(frozen=True)
class Browser:
    """The secret of a browser, and the subject of the citizen who is signed in there, or nothing."""

    secret: str
    person: str = ""

    @property
    def key(self) -> str:
        """Returns the key of the browser's row."""
        return sha256(f"report draft {self.secret}".encode()).hexdigest()


def open_draft(session: Session, browser: Browser, now: datetime) -> ReportDraft:
    """Returns the draft of a browser; an empty one where there is none, none younger than two hours, or that of
    somebody else who was signed in."""
    return _read(session.get(ReportDraftRow, browser.key), browser, now) or _blank()


def change_draft(
    session: Session, browser: Browser, change: Change, now: datetime, *, begins: bool = True
) -> ReportDraft:
    """Changes the draft of a browser, one request at a time. Returns the draft. `begins`: the change begins a draft
    where there is none, behind a report that was filed, and in the place of another citizen's. Otherwise a browser
    without a draft gets none."""
    if begins:
        blank = {"browser_hash": browser.key, "content": _blank().record(), "saved_at": now}
        session.execute(postgresql.insert(ReportDraftRow).on_conflict_do_nothing(), [blank])
    row = session.get(ReportDraftRow, browser.key, with_for_update=True, populate_existing=True)
    known = _read(row, browser, now)
    before = _blank() if known is None or (known.filed and begins) else known
    draft = replace(change(before), person=browser.person or before.person)
    if row is not None and (begins or known is not None):
        row.content, row.saved_at = draft.record(), now
    return draft


def discard_draft(session: Session, browser: Browser) -> None:
    """Removes the draft of a browser."""
    session.execute(delete(ReportDraftRow).where(ReportDraftRow.browser_hash == browser.key))


def drop_old_drafts(session: Session, now: datetime) -> None:
    """Removes the drafts that wait for more than two hours."""
    session.execute(delete(ReportDraftRow).where(ReportDraftRow.saved_at < now - KEPT))


def _read(row: ReportDraftRow | None, browser: Browser, now: datetime) -> ReportDraft | None:
    if row is None or row.saved_at < now - KEPT:
        return None
    draft = ReportDraft.read(row.content)
    is_another = draft.person and browser.person and draft.person != browser.person
    return None if is_another else draft


def _blank() -> ReportDraft:
    return ReportDraft(submission_id=new_id())
