"""Reads of the portal's rows."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models import SavedForm


def saved_form(session: Session, session_id: str, form_id: str) -> dict[str, str] | None:
    """Returns what was typed in this session, or None: what was typed in another session counts as not found."""
    statement = select(SavedForm.content).where(
        SavedForm.form_id == form_id, SavedForm.session_id == session_id
    )
    found: dict[str, str] | None = session.scalar(statement)
    return found
