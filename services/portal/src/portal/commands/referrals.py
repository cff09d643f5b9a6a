"""A referral of several reports is sent: its words are fixed before the first call, each outcome is kept at once."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from portal.models import SavedForm


def fix_words(
    session: Session, session_id: str, form_id: str, words: Mapping[str, str]
) -> dict[str, Any] | None:
    """Keeps the words with which the reports are referred, unless a form was sent before: its words stay, because a
    call may have arrived whose answer got lost. Returns the referral; None for one of another session."""
    row = _lock(session, session_id, form_id)
    if row is None:
        return None
    if not row.content["is_sent"]:
        row.content = {**row.content, **words, "is_sent": True}
    content: dict[str, Any] = row.content
    return content


def keep_outcome(
    session: Session, session_id: str, form_id: str, report_id: str, outcome: Mapping[str, Any]
) -> None:
    """Keeps what became of a report, beside what became of the others."""
    row = _lock(session, session_id, form_id)
    if row is not None:
        outcomes = {**row.content["outcomes"], report_id: dict(outcome)}
        row.content = {**row.content, "outcomes": outcomes}


def _lock(session: Session, session_id: str, form_id: str) -> SavedForm | None:
    row = session.get(SavedForm, form_id, with_for_update=True, populate_existing=True)
    is_found = row is not None and row.session_id == session_id and "chosen" in row.content
    return row if is_found else None
