"""Drafts of applicants: kept, changed, thrown away, and forgotten when nobody touches them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields
from chassis.files.attachments import pass_on
from licences.commands.mine import DRAFT_FILES, claimed, lock_draft
from licences.domain.applicants import MOST_DRAFTS, Applicant, TooManyDrafts
from licences.models import Draft

LASTS = timedelta(days=90)
_BATCH = 100


def keep_draft(
    session: Session,
    actor: Any,
    own: Applicant,
    form: Mapping[str, Any],
    *,
    establishment: str | None,
    files: Sequence[str],
    now: datetime,
) -> Draft:
    """A new one. Raises TooManyDrafts, InvalidFields, and NotFound for a file that isn't the caller's."""
    _check(own, establishment)
    kept = select(func.count()).where(Draft.subject == own.subject)
    if (session.scalar(kept) or 0) >= MOST_DRAFTS:
        raise TooManyDrafts
    row = Draft(
        draft_id=new_id(),
        subject=own.subject,
        establishment=establishment,
        form=dict(form),
        created_at=now,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    claimed(session, actor, files, (DRAFT_FILES, row.draft_id))
    return row


def change_draft(
    session: Session,
    actor: Any,
    own: Applicant,
    draft_id: str,
    form: Mapping[str, Any],
    *,
    establishment: str | None,
    files: Sequence[str],
    now: datetime,
) -> Draft:
    """Its form is replaced, its files are added to. A draft of an establishment stays one of it. Raises NotFound and
    InvalidFields."""
    row = lock_draft(session, own, draft_id)
    _check(own, establishment)
    if row.establishment is not None and establishment != row.establishment:
        raise InvalidFields.of("establishment", "draft-of-another")
    row.form, row.establishment, row.changed_at = dict(form), establishment, now
    claimed(session, actor, files, (DRAFT_FILES, draft_id))
    session.flush()
    return row


def drop_draft(session: Session, own: Applicant, draft_id: str) -> None:
    """With its files. Raises NotFound."""
    _drop(session, lock_draft(session, own, draft_id))


def drop_old(session: Session, *, now: datetime) -> int:
    """Forgets what nobody touched for ninety days, some at a time; answers how many."""
    old = select(Draft).where(Draft.changed_at < now - LASTS).order_by(Draft.changed_at)
    rows = session.scalars(old.limit(_BATCH).with_for_update(skip_locked=True)).all()
    for row in rows:
        _drop(session, row)
    return len(rows)


def _drop(session: Session, row: Draft) -> None:
    pass_on(session, (DRAFT_FILES, row.draft_id), None)
    session.delete(row)
    session.flush()


def _check(own: Applicant, establishment: str | None) -> None:
    if establishment is not None and establishment not in own.establishments:
        raise InvalidFields.of("establishment", "not-acted-for")
