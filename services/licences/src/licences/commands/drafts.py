"""What applicants do themselves: they apply, answer a return, withdraw, renew, end, object; by the commands that staff
and municipalities' systems use, behind the rule of what is one's own."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.aggregates import lock
from chassis.files.attachments import Attachment, claim, of_owner, pass_on, uploader_of
from licences.domain.actors import MOST_DRAFTS, Applicant, TooManyDrafts
from licences.models import Draft

APPLICATION_FILES = "licence-application"


DRAFT_FILES = "licence-draft"


MOST_FILES = 20


def claim_files(
    session: Session, actor: Any, files: Sequence[str], owner: tuple[str, str]
) -> Sequence[Attachment]:
    """The files of a thing, with these uploads of the caller among them. Raises NotFound for a file that isn't the
    caller's own, and InvalidFields for too many."""
    owner_type, owner_id = owner
    known = of_owner(session, owner_type, [owner_id])
    ids = {one.attachment_id for one in known}
    fresh = [one for one in files if one not in ids]
    if len(ids) + len(fresh) > MOST_FILES:
        raise InvalidFields.of("files", "too-many", limit=MOST_FILES)
    if fresh:
        uploader = uploader_of(actor)
        claim(session, fresh, owner_type=owner_type, owner_id=owner_id, uploader=uploader)
    return of_owner(session, owner_type, [owner_id])


def lock_draft(session: Session, own: Applicant, draft_id: str) -> Draft:
    """One's own, locked until the transaction ends. Raises NotFound."""
    row = lock(session, Draft, draft_id)
    if not own.owns(establishment=row.establishment, person=row.subject):
        raise NotFound
    return row


_KEPT = timedelta(days=90)
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
    _require_own_establishment(own, establishment)
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
    claim_files(session, actor, files, (DRAFT_FILES, row.draft_id))
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
    _require_own_establishment(own, establishment)
    if row.establishment is not None and establishment != row.establishment:
        raise InvalidFields.of("establishment", "draft-of-another")
    row.form, row.establishment, row.changed_at = dict(form), establishment, now
    claim_files(session, actor, files, (DRAFT_FILES, draft_id))
    session.flush()
    return row


def drop_draft(session: Session, own: Applicant, draft_id: str) -> None:
    """With its files. Raises NotFound."""
    _drop(session, lock_draft(session, own, draft_id))


def drop_old_drafts(session: Session, *, now: datetime) -> int:
    """Forgets what nobody touched for ninety days, some at a time; answers how many."""
    old = select(Draft).where(Draft.changed_at < now - _KEPT).order_by(Draft.changed_at)
    rows = session.scalars(old.limit(_BATCH).with_for_update(skip_locked=True)).all()
    for row in rows:
        _drop(session, row)
    return len(rows)


def _drop(session: Session, row: Draft) -> None:
    pass_on(session, (DRAFT_FILES, row.draft_id), None)
    session.delete(row)
    session.flush()


def _require_own_establishment(own: Applicant, establishment: str | None) -> None:
    if establishment is not None and establishment not in own.establishments:
        raise InvalidFields.of("establishment", "not-acted-for")
