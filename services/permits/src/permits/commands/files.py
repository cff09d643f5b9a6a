"""Rows of attached files, of things that the caller has locked. Nothing is published of them: they stand in the
history, by kind and the last four letters of their ids."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.aggregates import Aggregate, record_action
from chassis.files.attachments import Attachment, claim, uploader_of
from permits import catalogue
from permits.commands.fees import person
from permits.domain import files
from permits.domain.actors import Actor
from permits.domain.files import Of, Seen
from permits.models import AttachedFile

PATHS = {Of.PERMIT.value: files.SOURCE, Of.APPEAL.value: files.OF_APPEAL}


def of_thing(session: Session, thing_type: str, thing_id: str) -> Sequence[AttachedFile]:
    """In the order in which they were attached."""
    mine = select(AttachedFile).where(
        AttachedFile.thing_type == thing_type, AttachedFile.thing_id == thing_id
    )
    return session.scalars(mine.order_by(AttachedFile.added_at, AttachedFile.attachment_id)).all()


def add(
    session: Session,
    actor: Actor,
    thing: Aggregate,
    attachments: Collection[str],
    *,
    code: str | None = None,
    now: datetime,
) -> None:
    """Claims what the actor has sent; what the thing has already stays as it is. Raises NotFound, InvalidFields."""
    of = (thing.aggregate_type, thing.aggregate_id)
    known = {row.attachment_id: row.code for row in of_thing(session, *of)}
    new = files.new_ones(attachments, known, code, catalogue.most_files())
    if not new:
        return
    uploader = uploader_of(actor)
    claimed = claim(session, new, owner_type=of[0], owner_id=of[1], uploader=uploader)
    session.add_all(_row(file, of, code, actor, now) for file in claimed)
    session.flush()
    told = {_path(thing, code): [None, [words_of(file) for file in claimed]]}
    record_action(session, thing, actor, files.ATTACH, now=now, details=told)


def _row(
    file: Attachment, of: tuple[str, str], code: str | None, actor: Actor, now: datetime
) -> AttachedFile:
    return AttachedFile(
        attachment_id=file.attachment_id,
        thing_type=of[0],
        thing_id=of[1],
        code=code,
        added_at=now,
        added_by=person(actor),
    )


def one_of(session: Session, thing: Aggregate, attachment_id: str) -> AttachedFile:
    """Raises NotFound, also for a file of something else."""
    row = session.get(AttachedFile, attachment_id)
    if row is None or (row.thing_type, row.thing_id) != (thing.aggregate_type, thing.aggregate_id):
        raise NotFound
    return row


def drop(session: Session, rows: Collection[AttachedFile], thing: Aggregate) -> dict[str, Any]:
    """Answers what a history tells of it. The file itself is an orphan then, and collected."""
    gone: dict[str, list[str]] = {}
    for row in rows:
        file = session.get_one(Attachment, row.attachment_id)
        gone.setdefault(_path(thing, row.code), []).append(words_of(file))
        session.delete(row)
        session.delete(file)
    session.flush()
    return {path: [words, None] for path, words in gone.items()}


def keep_verified(
    session: Session, thing: Aggregate, seen: Collection[str], *, now: datetime
) -> None:
    """The scans that were there when somebody verified the permit stay. Files change without the permit's version, so
    the verifier names those that were seen. Raises ChangedMeanwhile when they're others."""
    rows = of_thing(session, thing.aggregate_type, thing.aggregate_id)
    files.require_seen(seen, [row.attachment_id for row in rows])
    for row in rows:
        row.verified_at = now


def words_of(row: Attachment) -> str:
    """As the history tells of a file."""
    return Seen(row.attachment_id, row.media_type).words


def _path(thing: Aggregate, code: str | None) -> str:
    return files.path_of(code, PATHS.get(thing.aggregate_type, ""))
