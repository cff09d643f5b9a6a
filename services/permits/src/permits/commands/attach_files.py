"""Record papers that are handed in for a request; attach, read and remove files of older permits, papers and appeals,
under the lock of the thing that they belong to. Events say nothing about files; the history says every act.

A file shows more than the masked numbers of the answers, so reading a file counts as a look at the owners.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields, NotFound, not_blank
from chassis.data.aggregates import Aggregate, JournalEntry
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment, claim_for_form, uploader_of
from permits import catalogue
from permits.commands import search_people
from permits.commands.handle_appeal import lock_appeal
from permits.commands.recording import lock_permit, lock_request, person_record
from permits.domain import appeals, files
from permits.domain import files as rules
from permits.domain.files import REMOVE, Of, Seen
from permits.domain.people import Look
from permits.models import (
    Appeal,
    AttachedFile,
    Permit,
    PermitOwner,
    PermitRequest,
    RequestOwner,
    RequestPaper,
)
from saudi.days import legal_day

# So long one look at a thing's files lasts: a reviewer opens the papers of a request one after the other.
LOOK = timedelta(hours=1)


@dataclass(frozen=True)
class FileOwner:
    """The locked thing to which files belong. `name`: its name in the record of looks; `number`: the number that a
    file's name shows."""

    row: Permit | PermitRequest | Appeal
    owners: Sequence[PermitOwner | RequestOwner]
    name: str
    number: str


def attach(
    work: UnitOfWork,
    of: Of,
    thing_id: str,
    attachments: Collection[str],
    *,
    code: str | None = None,
) -> None:
    """Files that the actor has sent; again, they change nothing. `code`: the paper of a request that they're of. Raises
    NotFound, NotOlder, IllegalTransition, InvalidFields."""
    thing = _lock_owner(work, of, thing_id)
    _require_open(thing, rules.ATTACH)
    if isinstance(thing.row, PermitRequest):
        rules.require_handed_in(code, [paper.code for paper in thing.row.papers])
    add_files(work, thing.row, attachments, code=code)


def remove(work: UnitOfWork, of: Of, thing_id: str, attachment_id: str, *, reason: str) -> None:
    """Deletes the file; its row stays in the history. Raises NotFound, FileVerified, IllegalTransition,
    InvalidFields."""
    reason = not_blank(reason, "reason")
    thing = _lock_owner(work, of, thing_id)
    row = find_file(work.session, thing.row, attachment_id)
    _require_open(thing, rules.REMOVE)
    rules.require_unverified(verified=row.verified_at is not None)
    told = drop_files(work.session, [row], thing.row)
    work.record_action(thing.row, rules.REMOVE, note=reason, details=told)


def read(work: UnitOfWork, of: Of, thing_id: str, attachment_id: str) -> tuple[Attachment, str]:
    """Returns the file and its name, which says nothing, because the original name may be a person's. Journals a
    reading once an hour for each file and person, so that nobody buries a history. Raises NotFound, LimitReached."""
    thing = _lock_owner(work, of, thing_id)
    row = find_file(work.session, thing.row, attachment_id)
    file = work.session.get_one(Attachment, row.attachment_id)
    seen = _recent_reads(work, thing)
    told = {"attachment_id": attachment_id, "file": file_words(file)}
    if not any(one.get("look") for one in seen):
        reason = f"ملف مرفق: {thing.name}"
        search_people.record_look(work, Look.FILE, thing.owners, reason)
        work.record_action(thing.row, rules.READ, details=told | {"look": True})
    elif attachment_id not in {one["attachment_id"] for one in seen}:
        work.record_action(thing.row, rules.READ, details=told)
    return file, f"{thing.number.replace('/', '-')}-{attachment_id[-4:]}"


def _lock_owner(work: UnitOfWork, of: Of, thing_id: str) -> FileOwner:
    match of:
        case Of.PERMIT:
            permit = lock_permit(work, thing_id)
            number = permit.permit_number
            return FileOwner(permit, permit.owners, f"الرخصة {number}", number)
        case Of.REQUEST:
            request = lock_request(work, thing_id)
            number = request.request_number
            return FileOwner(request, request.owners, f"الطلب {number}", number)
        case Of.APPEAL:
            appeal, against = lock_appeal(work, thing_id)
            number = appeal.appeal_number
            return FileOwner(appeal, against.owners, f"الاعتراض {number}", number)


def _require_open(thing: FileOwner, action: str) -> None:
    """Refuses if files may not come and go. Raises NotOlder, IllegalTransition."""
    match thing.row:
        case Permit():
            rules.require_older(thing.row.origin)
        case PermitRequest():
            rules.require_open(thing.row.status, action)
        case Appeal():
            appeals.require_received(thing.row.status, action)


def _recent_reads(work: UnitOfWork, thing: FileOwner) -> Sequence[dict[str, Any]]:
    """Returns the person's readings of the thing's files within the hour. `look`: the reading that counted as a
    look. The hour runs from that reading, or a person who reads on and on would be counted once a day."""
    work.session.flush()
    told = select(JournalEntry.details).where(
        JournalEntry.aggregate_type == thing.row.aggregate_type,
        JournalEntry.aggregate_id == thing.row.aggregate_id,
        JournalEntry.action == rules.READ,
        JournalEntry.subject == work.actor.subject,
        JournalEntry.at > work.now - LOOK,
    )
    return [details or {} for details in work.session.scalars(told)]


PATHS = {Of.PERMIT.value: rules.SOURCE, Of.APPEAL.value: rules.OF_APPEAL}


def files_of(session: Session, thing_type: str, thing_id: str) -> Sequence[AttachedFile]:
    """Returns the files of a thing in the order in which they were attached."""
    mine = select(AttachedFile).where(
        AttachedFile.thing_type == thing_type, AttachedFile.thing_id == thing_id
    )
    return session.scalars(mine.order_by(AttachedFile.added_at, AttachedFile.attachment_id)).all()


def add_files(
    work: UnitOfWork,
    thing: Aggregate,
    attachments: Collection[str],
    *,
    code: str | None = None,
    field: str = "files",
) -> None:
    """Claims what the actor has sent; what the thing has already stays as it is. Raises NotFound, and InvalidFields, of
    the form's field for an upload that isn't kept for the actor."""
    of = (thing.aggregate_type, thing.aggregate_id)
    known = {row.attachment_id: row.code for row in files_of(work.session, *of)}
    new = rules.new_ones(attachments, known, code, catalogue.most_files())
    if not new:
        return
    uploader, fault = uploader_of(work.actor), (field, "upload-not-kept")
    claimed = claim_for_form(work.session, new, owner=of, uploader=uploader, fault=fault)
    work.session.add_all(_row(work, file, of, code) for file in claimed)
    work.session.flush()
    told = {_path(thing, code): [None, [file_words(file) for file in claimed]]}
    work.record_action(thing, rules.ATTACH, details=told)


def _row(work: UnitOfWork, file: Attachment, of: tuple[str, str], code: str | None) -> AttachedFile:
    return AttachedFile(
        attachment_id=file.attachment_id,
        thing_type=of[0],
        thing_id=of[1],
        code=code,
        added_at=work.now,
        added_by=person_record(work.actor),
    )


def find_file(session: Session, thing: Aggregate, attachment_id: str) -> AttachedFile:
    """Raises NotFound, also for a file of something else."""
    row = session.get(AttachedFile, attachment_id)
    if row is None or (row.thing_type, row.thing_id) != (thing.aggregate_type, thing.aggregate_id):
        raise NotFound
    return row


def drop_files(
    session: Session, rows: Collection[AttachedFile], thing: Aggregate
) -> dict[str, Any]:
    """Deletes the rows. Returns what a history says about the files, whose bytes are collected as orphans."""
    gone: dict[str, list[str]] = {}
    for row in rows:
        file = session.get_one(Attachment, row.attachment_id)
        gone.setdefault(_path(thing, row.code), []).append(file_words(file))
        session.delete(row)
        session.delete(file)
    session.flush()
    return {path: [words, None] for path, words in gone.items()}


def mark_verified(work: UnitOfWork, thing: Aggregate, seen: Collection[str]) -> None:
    """Keeps the scans beside which the permit was verified. The verifier names the seen scans, because files change
    without the permit's version. Raises ChangedMeanwhile for other scans."""
    rows = files_of(work.session, thing.aggregate_type, thing.aggregate_id)
    rules.require_seen(seen, [row.attachment_id for row in rows])
    for row in rows:
        row.verified_at = work.now


def file_words(row: Attachment) -> str:
    """Returns the words of the history for a file."""
    return Seen(row.attachment_id, row.media_type).words


def _path(thing: Aggregate, code: str | None) -> str:
    return rules.path_of(code, PATHS.get(thing.aggregate_type, ""))


@dataclass(frozen=True, kw_only=True)
class HandedInPaper:
    """`reference`: the paper's number, or where it's filed; `on`: left out, today."""

    code: str
    reference: str
    on: date | None = None


def hand_in(work: UnitOfWork, request_id: str, brought: HandedInPaper) -> PermitRequest:
    """Records a paper that the request's kind asks for, in place of an earlier record. Raises NotFound,
    IllegalTransition, InvalidFields."""
    reference = not_blank(brought.reference, "reference")
    row = lock_request(work, request_id)
    files.require_open(row.status, "hand_in_paper")
    on = brought.on or legal_day(work.now)
    needed = catalogue.papers_of(row.kind)
    files.check_handed_in(brought.code, on, needed, today=legal_day(work.now))
    known = {paper.code: paper for paper in row.papers}
    paper = known.get(brought.code)
    if paper is None:
        paper = RequestPaper(code=brought.code)
        row.papers.append(paper)
    elif (paper.reference, paper.handed_in_on) == (reference, on):
        raise InvalidFields.of("body", "no-change")
    told = {f"papers.{brought.code}": [paper.reference, reference]}
    paper.reference, paper.handed_in_on = reference, on
    paper.recorded_by, paper.recorded_at = person_record(work.actor), work.now
    work.session.flush()
    work.record_action(row, "hand_in_paper", details=told)
    return row


def take_back(work: UnitOfWork, request_id: str, *, code: str, reason: str) -> PermitRequest:
    """Removes a paper that was recorded in error or returned to its bearer, with its files. Raises NotFound,
    IllegalTransition, InvalidFields."""
    reason = not_blank(reason, "reason")
    row = lock_request(work, request_id)
    files.require_open(row.status, "take_back_paper")
    paper = next((one for one in row.papers if one.code == code), None)
    if paper is None:
        raise InvalidFields.of("code", "paper-not-handed-in")
    row.papers.remove(paper)
    work.session.flush()
    told = {f"papers.{code}": [paper.reference, None]}
    work.record_action(row, "take_back_paper", note=reason, details=told)
    _drop_files_of_paper(work, row, code, reason)
    return row


def _drop_files_of_paper(work: UnitOfWork, row: PermitRequest, code: str, reason: str) -> None:
    """Deletes the files of a paper that was taken back."""
    mine = files_of(work.session, row.aggregate_type, row.request_id)
    if found := [one for one in mine if one.code == code]:
        told = drop_files(work.session, found, row)
        work.record_action(row, REMOVE, note=reason, details=told)
