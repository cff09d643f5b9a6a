"""Drafts of applicants: kept, changed, dropped by hand or after ninety days; and the files that applicants send."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.advisory import one_at_a_time
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import (
    Attachment,
    attachment_of,
    attachments_of,
    reassign,
    uploader_of,
)
from licences.commands.uploads import claim_uploads
from licences.domain.actors import MOST_DRAFTS, Applicant, TooManyDrafts
from licences.models import Draft

DRAFT_FILES = "licence-draft"  # owner of a draft's files
MOST_FILES = 20
_KEPT = timedelta(days=90)
_BATCH = 100


def keep_draft(
    work: UnitOfWork,
    applicant: Applicant,
    form: Mapping[str, Any],
    *,
    establishment: str | None,
    files: Sequence[str],
) -> Draft:
    """Keeps a new draft; those that the applicant sees have a limit. Raises TooManyDrafts and InvalidFields."""
    _require_own_establishment(applicant, establishment)
    one_at_a_time(work.session, "drafts", applicant.subject)
    kept = select(func.count()).select_from(Draft).where(Draft.owned_by(applicant))
    if (work.session.scalar(kept) or 0) >= MOST_DRAFTS:
        raise TooManyDrafts
    row = Draft(
        draft_id=new_id(),
        subject=applicant.subject,
        establishment=establishment,
        form=dict(form),
        version=1,
        changed_by=applicant.subject,
        created_at=work.now,
        changed_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    claim_files(work, files, (DRAFT_FILES, row.draft_id))
    return row


def change_draft(
    work: UnitOfWork,
    applicant: Applicant,
    draft_id: str,
    form: Mapping[str, Any],
    *,
    establishment: str | None,
    files: Sequence[str],
) -> Draft:
    """Replaces the form of a draft, which counts a version, and adds to its files. The draft of an establishment stays
    with the establishment, unless whoever began it takes it back. Raises NotFound and InvalidFields."""
    row = lock_draft(work, applicant, draft_id)
    _require_own_establishment(applicant, establishment)
    if row.establishment is not None and establishment != row.establishment:
        _require_own_work(work, row, taken_to=establishment)
    row.form, row.establishment, row.changed_at = dict(form), establishment, work.now
    row.version, row.changed_by = row.version + 1, applicant.subject
    claim_files(work, files, (DRAFT_FILES, draft_id))
    work.session.flush()
    return row


def attach_to_draft(
    work: UnitOfWork, applicant: Applicant, draft_id: str, files: Sequence[str]
) -> Sequence[Attachment]:
    """Adds uploads of the caller to a draft, leaves its form alone, and returns all its files. Raises NotFound and
    InvalidFields."""
    row = lock_draft(work, applicant, draft_id)
    row.changed_at = work.now
    return claim_files(work, files, (DRAFT_FILES, row.draft_id))


def _require_own_work(work: UnitOfWork, row: Draft, *, taken_to: str | None) -> None:
    """Raises InvalidFields unless the caller takes a draft of an establishment to the caller's own name, and nobody
    else wrote it last or sent a file of it."""
    files = attachments_of(work.session, DRAFT_FILES, [row.draft_id])
    own = {row.subject, row.changed_by} == {work.actor.subject}
    sent = {file.uploader for file in files} <= {uploader_of(work.actor)}
    if taken_to is not None or not own or not sent:
        raise InvalidFields.of("establishment", "draft-of-another")


def _require_own_establishment(applicant: Applicant, establishment: str | None) -> None:
    if establishment is not None and establishment not in applicant.establishments:
        raise InvalidFields.of("establishment", "not-acted-for")


def remove_draft_file(
    work: UnitOfWork, applicant: Applicant, draft_id: str, attachment_id: str
) -> None:
    """Takes a file out of a draft; the file is nobody's then, and is dropped after a day. Raises NotFound, also for a
    file of another draft."""
    row = lock_draft(work, applicant, draft_id)
    file = attachment_of(work.session, attachment_id, owner_type=DRAFT_FILES, owner_id=row.draft_id)
    file.owner_type = file.owner_id = None
    row.changed_at = work.now
    work.session.flush()


def drop_draft(work: UnitOfWork, applicant: Applicant, draft_id: str) -> None:
    """Drops a draft with its files. Raises NotFound."""
    _drop(work, lock_draft(work, applicant, draft_id))


def drop_old_drafts(work: UnitOfWork) -> int:
    """Drops a batch of drafts that nobody touched for ninety days. Returns how many."""
    old = select(Draft).where(Draft.changed_at < work.now - _KEPT).order_by(Draft.changed_at)
    rows = work.session.scalars(old.limit(_BATCH).with_for_update(skip_locked=True)).all()
    for row in rows:
        _drop(work, row)
    return len(rows)


def _drop(work: UnitOfWork, row: Draft) -> None:
    reassign(work.session, (DRAFT_FILES, row.draft_id), None)
    work.session.delete(row)
    work.session.flush()


def lock_draft(work: UnitOfWork, applicant: Applicant, draft_id: str) -> Draft:
    """Locks the applicant's draft until the transaction ends. Raises NotFound, also for somebody else's draft."""
    row = work.lock(Draft, draft_id)
    if not applicant.owns(establishment=row.establishment, person=row.subject):
        raise NotFound
    return row


def claim_files(
    work: UnitOfWork, files: Sequence[str], owner: tuple[str, str]
) -> Sequence[Attachment]:
    """Gives uploads of the caller to their owner, a draft or an application, and returns all files of the owner. Raises
    InvalidFields for a file that isn't kept for the caller, and for too many files."""
    owner_type, owner_id = owner
    claimed = {file.attachment_id for file in attachments_of(work.session, owner_type, [owner_id])}
    fresh = [file for file in files if file not in claimed]
    if len(claimed) + len(fresh) > MOST_FILES:
        raise InvalidFields.of("files", "too-many", limit=MOST_FILES)
    if fresh:
        claim_uploads(work, fresh, owner=owner)
    return attachments_of(work.session, owner_type, [owner_id])
