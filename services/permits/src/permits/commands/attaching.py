"""Files of a thing come, go and are read: by officers of its branch, under the thing's lock, each time told in its
history. Nothing of it is published.

What a file shows is more than the masked numbers of the answers, so reading one counts as a look at the owners.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import not_blank
from chassis.data.aggregates import JournalEntry, record_action
from chassis.files.attachments import Attachment
from permits.commands import files, people
from permits.commands.appeals import lock_appeal
from permits.commands.recording import lock_permit, lock_request
from permits.domain import appeals, papers
from permits.domain import files as rules
from permits.domain.actors import Actor
from permits.domain.files import Of
from permits.domain.people import Look
from permits.models import Appeal, Permit, PermitOwner, PermitRequest, RequestOwner

# So long one look at a thing's files lasts: a reviewer opens the papers of a request one after the other.
LOOK = timedelta(hours=1)


@dataclass(frozen=True)
class Thing:
    """What files belong to, locked. `name`: how the record of looks calls it; `number`: how a file of it is called."""

    row: Permit | PermitRequest | Appeal
    owners: Sequence[PermitOwner | RequestOwner]
    name: str
    number: str


def attach(
    session: Session,
    actor: Actor,
    of: Of,
    thing_id: str,
    attachments: Collection[str],
    *,
    code: str | None = None,
    now: datetime,
) -> None:
    """Files that the actor has sent; again, they change nothing. `code`: the paper of a request that they're of. Raises
    NotFound, NotOlder, IllegalTransition, InvalidFields."""
    thing = _locked(session, actor, of, thing_id)
    _require_open(thing, rules.ATTACH)
    if isinstance(thing.row, PermitRequest):
        papers.require_handed_in(code, [paper.code for paper in thing.row.papers])
    files.add(session, actor, thing.row, attachments, code=code, now=now)


def remove(
    session: Session,
    actor: Actor,
    of: Of,
    thing_id: str,
    attachment_id: str,
    *,
    reason: str,
    now: datetime,
) -> None:
    """The file is deleted, its row stays in the history. Raises NotFound, FileVerified,
    IllegalTransition, InvalidFields."""
    reason = not_blank(reason, "reason")
    thing = _locked(session, actor, of, thing_id)
    row = files.one_of(session, thing.row, attachment_id)
    _require_open(thing, rules.REMOVE)
    rules.require_unverified(verified=row.verified_at is not None)
    told = files.drop(session, [row], thing.row)
    record_action(session, thing.row, actor, rules.REMOVE, now=now, note=reason, details=told)


def read(
    session: Session, actor: Actor, of: Of, thing_id: str, attachment_id: str, *, now: datetime
) -> tuple[Attachment, str]:
    """The file, and what it's called: by a name that tells nothing, since the original's may be a person's. It's told
    once an hour of each file and person, so that nobody buries a history. Raises NotFound, LimitReached."""
    thing = _locked(session, actor, of, thing_id)
    row = files.one_of(session, thing.row, attachment_id)
    file = session.get_one(Attachment, row.attachment_id)
    seen = _seen(session, actor, thing, now)
    told = {"attachment_id": attachment_id, "file": files.words_of(file)}
    if not any(one.get("look") for one in seen):
        reason = f"ملف مرفق: {thing.name}"
        people.record_look(session, actor, Look.FILE, thing.owners, reason, now=now)
        record_action(session, thing.row, actor, rules.READ, now=now, details=told | {"look": True})
    elif attachment_id not in {one["attachment_id"] for one in seen}:
        record_action(session, thing.row, actor, rules.READ, now=now, details=told)
    return file, f"{thing.number.replace('/', '-')}-{attachment_id[-4:]}"


def _locked(session: Session, actor: Actor, of: Of, thing_id: str) -> Thing:
    match of:
        case Of.PERMIT:
            permit = lock_permit(session, actor, thing_id)
            number = permit.permit_number
            return Thing(permit, permit.owners, f"الرخصة {number}", number)
        case Of.REQUEST:
            request = lock_request(session, actor, thing_id)
            number = request.request_number
            return Thing(request, request.owners, f"الطلب {number}", number)
        case Of.APPEAL:
            appeal, against = lock_appeal(session, actor, thing_id)
            number = appeal.appeal_number
            return Thing(appeal, against.owners, f"الاعتراض {number}", number)


def _require_open(thing: Thing, action: str) -> None:
    """Whether files may come and go. Raises NotOlder, IllegalTransition."""
    match thing.row:
        case Permit():
            rules.require_older(thing.row.origin)
        case PermitRequest():
            papers.require_open(thing.row.status, action)
        case Appeal():
            appeals.require_received(thing.row.status, action)


def _seen(session: Session, actor: Actor, thing: Thing, now: datetime) -> Sequence[dict[str, Any]]:
    """What the history tells of the files of the thing that the person opened within the hour. `look`: it counted as
    one, and from it the hour runs: else who reads on and on would be counted once a day."""
    session.flush()
    told = select(JournalEntry.details).where(
        JournalEntry.aggregate_type == thing.row.aggregate_type,
        JournalEntry.aggregate_id == thing.row.aggregate_id,
        JournalEntry.action == rules.READ,
        JournalEntry.subject == actor.subject,
        JournalEntry.at > now - LOOK,
    )
    return [details or {} for details in session.scalars(told)]
