"""What applicants do themselves: they apply, answer a return, withdraw, renew, end, object; by the commands that staff
and municipalities' systems use, behind the rule of what is one's own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.aggregates import lock
from chassis.files.attachments import Attachment, claim, of_owner, pass_on, uploader_of
from licences.commands import receiving
from licences.commands.receiving import CITIZEN, Submission
from licences.commands.violations import deciding
from licences.domain.applicants import UNTOLD, Applicant, check_asked, check_stays, in_own_words
from licences.domain.applications import ENDED, Action, Status, require
from licences.domain.asked import CANCEL, ISSUE, RENEW
from licences.models import Application, Draft, Licence, Violation

FILES = "licence-application"
DRAFT_FILES = "licence-draft"
MOST_FILES = 20


def apply(
    session: Session,
    actor: Any,
    own: Applicant,
    body: Mapping[str, Any],
    *,
    draft_id: str | None = None,
    asks: bool,
    now: datetime,
) -> Application:
    """A new application; the municipality is that of the place. The files of a draft go with it, and the draft goes.
    Raises InvalidFields, and NotFound for a draft of somebody else."""
    check_asked(own, body)
    draft = lock_draft(session, own, draft_id) if draft_id else None
    if draft is not None:
        check_stays(draft.establishment, body, "draft-of-another")
    municipality = receiving.municipality_of(body)
    row = _submit(session, actor, own, ISSUE, municipality, body, None, asks=asks, now=now)
    if draft is not None:
        pass_on(session, (DRAFT_FILES, draft.draft_id), (FILES, row.application_id))
        session.delete(draft)
    return row


def renew(
    session: Session,
    actor: Any,
    own: Applicant,
    licence_no: str,
    body: Mapping[str, Any],
    *,
    asks: bool,
    now: datetime,
) -> Application:
    """Asks for the renewal of one's own licence. Raises NotFound and InvalidFields."""
    licence = _licence(session, own, licence_no)
    return _submit(
        session, actor, own, RENEW, licence.municipality, body, licence_no, asks=asks, now=now
    )


def cancel(
    session: Session,
    actor: Any,
    own: Applicant,
    licence_no: str,
    body: Mapping[str, Any],
    *,
    asks: bool,
    now: datetime,
) -> Application:
    """Asks for the end of one's own licence. Raises NotFound and InvalidFields."""
    licence = _licence(session, own, licence_no)
    place = licence.municipality
    return _submit(session, actor, own, CANCEL, place, body, licence_no, asks=asks, now=now)


def correct(
    session: Session,
    actor: Any,
    own: Applicant,
    application_id: str,
    body: Mapping[str, Any],
    *,
    asks: bool,
    now: datetime,
) -> Application:
    """Answers a return. It stays one's own: nobody corrects an application into somebody else's. Raises NotFound,
    IllegalTransition and InvalidFields."""
    row = _lock(session, own, application_id)
    if row.request == ISSUE:
        check_asked(own, body)
        check_stays(row.establishment, body, "application-of-another")
    with in_own_words():
        return receiving.correct(
            session,
            actor,
            application_id,
            body,
            asks=asks,
            channel=CITIZEN,
            own_mobile=own.mobile,
            now=now,
        )


def withdraw(
    session: Session,
    actor: Any,
    own: Applicant,
    application_id: str,
    *,
    reason: str,
    now: datetime,
) -> Application:
    """Raises NotFound and IllegalTransition."""
    _lock(session, own, application_id)
    with in_own_words():
        return receiving.withdraw(session, actor, application_id, reason=reason, now=now)


def attach(
    session: Session, actor: Actor, own: Applicant, application_id: str, files: Sequence[str]
) -> Sequence[Attachment]:
    """Gives uploads of the caller to an application that isn't decided yet. Raises NotFound, IllegalTransition and
    InvalidFields."""
    row = _lock(session, own, application_id)
    if Status(row.status) in ENDED:
        with in_own_words():
            require(row.status, Action.CORRECT)
    return claimed(session, actor, files, (FILES, application_id))


def claimed(
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


def object_to(
    session: Session,
    actor: Any,
    own: Applicant,
    violation_id: str,
    *,
    reasons: str,
    files: Sequence[str],
    now: datetime,
) -> Violation:
    """Objects to a violation of one's own. Raises NotFound, ObjectionTooLate and IllegalTransition."""
    row = lock(session, Violation, violation_id)
    whose = {"establishment": row.establishment, "person": row.offender_number}
    if row.status in UNTOLD or not own.owns(**whose):
        raise NotFound
    with in_own_words():
        return deciding.object_to(
            session, actor, row, reasons=reasons, files=files, channel=CITIZEN, now=now
        )


def _submit(
    session: Session,
    actor: Any,
    own: Applicant,
    request: str,
    municipality: str,
    body: Mapping[str, Any],
    licence_no: str | None,
    *,
    asks: bool,
    now: datetime,
) -> Application:
    submission = Submission(
        application_id=new_id(),
        request=request,
        municipality=municipality,
        channel=CITIZEN,
        body=body,
        submitted_by={"kind": CITIZEN, "client_id": actor.client_id, "subject": actor.subject},
        submitted_at=now,
        licence_no=licence_no,
        own_mobile=own.mobile,
    )
    return receiving.submit(session, actor, submission, asks=asks, now=now)


def _lock(session: Session, own: Applicant, application_id: str) -> Application:
    """Locked first and looked at then: it may just be becoming another's."""
    row = lock(session, Application, application_id)
    if not own.owns(establishment=row.establishment, person=row.owner_number):
        raise NotFound
    return row


def lock_draft(session: Session, own: Applicant, draft_id: str) -> Draft:
    """One's own, locked until the transaction ends. Raises NotFound."""
    row = lock(session, Draft, draft_id)
    if not own.owns(establishment=row.establishment, person=row.subject):
        raise NotFound
    return row


def _licence(session: Session, own: Applicant, licence_no: str) -> Licence:
    row = session.scalar(select(Licence).where(Licence.licence_no == licence_no))
    if row is None or not own.owns(establishment=row.establishment, person=row.owner_number):
        raise NotFound
    return row
