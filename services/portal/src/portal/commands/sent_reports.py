"""The reports that an operator sends: the first body of a form is kept, sealed, with the session."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from portal.commands.sessions import SignedIn, hashed
from portal.models import SavedForm

# No page opens such a form by its id.
_PURPOSE = "sent report"


def keep_first_body(
    session: Session, signed_in: SignedIn, body: Mapping[str, Any], now: datetime
) -> tuple[dict[str, Any], bool]:
    """Keeps a body under its `submission_id` before it's sent. Returns the body that was kept first, which a later body
    doesn't replace, and whether this is the first try."""
    form_id = _form_id(signed_in, body)
    row = postgresql.insert(SavedForm).values(
        form_id=form_id,
        session_id=signed_in.session_id,
        purpose=_PURPOSE,
        content=dict(body),
        saved_at=now,
    )
    keep = row.on_conflict_do_nothing()
    is_first_try = session.scalar(keep.returning(SavedForm.form_id)) is not None
    first: dict[str, Any] = session.get_one(SavedForm, form_id).content
    return first, is_first_try


def forget_body(session: Session, signed_in: SignedIn, body: Mapping[str, Any]) -> None:
    """Forgets the body of a first try, of which nothing was filed."""
    session.execute(delete(SavedForm).where(SavedForm.form_id == _form_id(signed_in, body)))


def _form_id(signed_in: SignedIn, body: Mapping[str, Any]) -> str:
    """The body is found again after the same person signed in for another task, but in no other browser."""
    return hashed(f"{signed_in.first_session}/{body['submission_id']}")
