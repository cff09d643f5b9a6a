"""Release a batch of older permits: a second person checks a sample that the server draws, then the worker makes
permits of the rows, some in each transaction, with an event for each.

The person who sent a row entered its permit; somebody else verifies the permit later.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.refusals import NotFound
from chassis.data.aggregates import JournalEntry, history
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.outbox import publish
from permits import catalogue, events
from permits.commands.import_older.enter_one import new_older_permit
from permits.commands.import_older.read_files import (
    actor_record,
    check_older,
    empty_batch,
    lock_import,
    numbers_taken,
)
from permits.commands.import_older.refused_files import (
    digests_of,
    refused_before,
    was_refused,
)
from permits.commands.import_older.row_recovery import mark_unprocessed, process_singly
from permits.commands.recording import require_separation
from permits.domain import imports, older
from permits.domain.imports import (
    TRIES,
    Action,
    FileRefused,
    NothingToRelease,
    NotInSample,
    RowStatus,
    Status,
    Verdict,
)
from permits.events import seals_of
from permits.models import ImportRow, Permit, PermitImport
from saudi.days import legal_day

TOGETHER = 50
READER = SystemActor("permits-import", "permits")


def draw_sample(work: UnitOfWork, import_id: str, *, reason: str) -> Sequence[ImportRow]:
    """Draws the rows that are checked against their sources, once, and returns them whole. The history says each
    look at the rows. Raises NotFound, IllegalTransition, NothingToRelease, FileRefused, and DutiesSeparated for a
    sender of a file."""
    batch = lock_import(work, import_id)
    after = imports.advance(batch.status, Action.DRAW_SAMPLE)
    warned = _other_person(work, batch)
    if batch.status == Status.STAGED:
        _require_not_refused(work.session, batch)
        batch.status = after.value
        _draw_rows(work.session, batch)
        work.record_change(batch, Action.DRAW_SAMPLE, note=reason, details=warned)
    else:
        work.record_action(batch, "reveal", note=reason, details=warned)
    return _sample(work.session, batch)


def _require_not_refused(session: Session, batch: PermitImport) -> None:
    """Raises FileRefused. A file that two batches have may have been refused in the other batch meanwhile."""
    if was_refused(session, batch, digests_of(session, batch)):
        raise FileRefused


def _draw_rows(session: Session, batch: PermitImport) -> None:
    """Draws as many rows as the plan says, and adds the rows whose numbers were wrong in a refused batch: whether they
    were mended isn't left to chance."""
    ready = select(ImportRow.row_number).where(
        ImportRow.import_id == batch.import_id, ImportRow.status == RowStatus.READY.value
    )
    numbers = list(session.scalars(ready))
    if not numbers:
        raise NothingToRelease
    plan = imports.plan_for(catalogue.import_plans(), len(numbers))
    size = min(plan.sample, len(numbers))
    drawn = {*secrets.SystemRandom().sample(numbers, size), *_wrong_before(session, batch)}
    batch.sample_size, batch.wrong_allowed = len(drawn), plan.wrong
    chosen = select(ImportRow).where(
        ImportRow.import_id == batch.import_id, ImportRow.row_number.in_(drawn)
    )
    for row in session.scalars(chosen):
        row.sampled = True


def _wrong_before(session: Session, batch: PermitImport) -> Sequence[int]:
    """Returns the rows that are ready and whose numbers were judged wrong in a refused batch of the
    branch."""
    wrong = (
        select(ImportRow.number_key)
        .join(PermitImport, PermitImport.import_id == ImportRow.import_id)
        .where(ImportRow.verdict == Verdict.WRONG.value, *refused_before(batch))
    )
    again = select(ImportRow.row_number).where(
        ImportRow.import_id == batch.import_id,
        ImportRow.status == RowStatus.READY.value,
        ImportRow.number_key.in_(wrong),
    )
    return session.scalars(again).all()


def _sample(session: Session, batch: PermitImport) -> Sequence[ImportRow]:
    session.flush()
    statement = select(ImportRow).where(
        ImportRow.import_id == batch.import_id, ImportRow.sampled.is_(True)
    )
    return session.scalars(statement.order_by(ImportRow.row_number)).all()


def judge(
    work: UnitOfWork, import_id: str, row_number: int, *, verdict: str, note: str | None = None
) -> PermitImport:
    """Records how a row of the sample compares with its source. Too many wrong rows refuse the batch at once. Raises
    NotFound, IllegalTransition, NotInSample, DutiesSeparated."""
    batch = lock_import(work, import_id)
    imports.advance(batch.status, Action.JUDGE)
    warned = _other_person(work, batch)
    row = work.session.get(ImportRow, (import_id, row_number))
    if row is None:
        raise NotFound
    if not row.sampled:
        raise NotInSample
    row.verdict, row.note = Verdict(verdict).value, note
    row.judged_by, row.judged_at = work.actor.name or work.actor.subject, work.now
    verdicts = [one.verdict for one in _sample(work.session, batch)]
    after = imports.after_verdict(verdicts, allowed=batch.wrong_allowed or 0)
    batch.status = after.value
    if after is Status.REFUSED:
        empty_batch(work.session, batch)
    details = {"row": row_number, "verdict": row.verdict, **(warned or {})}
    work.record_change(batch, Action.JUDGE, note=note, details=details)
    return batch


def release(work: UnitOfWork, import_id: str) -> PermitImport:
    """Lets the worker make permits of all rows that weren't judged wrong. Raises NotFound, IllegalTransition,
    SampleUnjudged, FileRefused, DutiesSeparated."""
    batch = lock_import(work, import_id)
    after = imports.advance(batch.status, Action.RELEASE)
    warned = _other_person(work, batch)
    sample = _sample(work.session, batch)
    imports.require_judged([row.verdict for row in sample])
    _require_not_refused(work.session, batch)
    for row in sample:
        if row.verdict == Verdict.WRONG:
            row.status = RowStatus.WITHHELD.value
    batch.status, batch.released_by = after.value, actor_record(work.actor)
    work.record_change(batch, Action.RELEASE, details=warned)
    return batch


def _other_person(work: UnitOfWork, batch: PermitImport) -> dict[str, Any] | None:
    """Raises DutiesSeparated if the actor sent a file of the batch: another person sees the sample, judges and
    releases. In a branch that only warns, returns the note for the history."""
    of = (batch.aggregate_type, batch.import_id)
    return require_separation(work, Action.RELEASE, batch.municipality, of)


def make_permits(work: UnitOfWork, batch: PermitImport) -> None:
    """Makes permits of the next rows of a claimed, released batch. The worker takes this step."""
    ready = (
        select(ImportRow)
        .where(ImportRow.import_id == batch.import_id, ImportRow.status == RowStatus.READY.value)
        .order_by(ImportRow.row_number)
        .limit(TOGETHER)
    )
    rows = work.session.scalars(ready).all()
    _make_rows(work, batch, rows)
    if len(rows) < TOGETHER:
        batch.status, batch.tries = imports.advance(batch.status, Action.END).value, 0
        empty_batch(work.session, batch, but=RowStatus.UNPROCESSED)
        work.acting_as(READER).record_change(batch, Action.END)


def _make_rows(work: UnitOfWork, batch: PermitImport, rows: Sequence[ImportRow]) -> None:
    judges = _judges_of(work.session, batch) if any(row.sampled for row in rows) else {}

    def make(some: Sequence[ImportRow]) -> None:
        taken = numbers_taken(
            work.session, batch, [row.number_key for row in some if row.number_key]
        )
        for row in some:
            if row.number_key in taken:  # entered singly meanwhile
                row.status, row.data = RowStatus.DUPLICATE.value, None
            else:
                _make_one(work, batch, row, judges.get(row.row_number))

    if batch.tries < TRIES:
        make(rows)
    else:
        process_singly(work.session, rows, lambda row: make([row]), mark_unprocessed)


def _judges_of(session: Session, batch: PermitImport) -> dict[int, JournalEntry]:
    """Returns the last judgement of each row of the sample. The history is the ground, because nobody can change it."""
    of = (batch.aggregate_type, batch.import_id)
    judgements = history(session, of, actions=[Action.JUDGE])
    return {(one.details or {})["row"]: one for one in judgements}


def _make_one(
    work: UnitOfWork, batch: PermitImport, row: ImportRow, judged: JournalEntry | None
) -> None:
    data = row_data(row)
    found, _ = check_older(data, legal_day(work.now))
    if found:  # the rules changed since it was read
        row.status, row.data = RowStatus.WITHHELD.value, None
        return
    read, _ = older.parse(data, today=legal_day(work.now), towns=catalogue.towns())
    permit = new_older_permit(read, batch.municipality)
    work.session.add(permit)
    _record_entered(work, permit, row, batch)
    if judged is not None and row.verdict == Verdict.RIGHT:
        _verify(work, permit, row, judged)
    publish(
        work.session,
        events.permit_event("entered", permit.record(), seals_of(work.session), work.now),
    )
    row.status, row.permit_id, row.data = RowStatus.RELEASED.value, permit.permit_id, None


def _record_entered(work: UnitOfWork, permit: Permit, row: ImportRow, batch: PermitImport) -> None:
    """Journals the new permit in the name of the person who sent its row. The building's release isn't rechecked,
    because nothing rests on a new permit."""
    by = (batch.released_by or {}).get("name")
    details = {"import_id": batch.import_id, "line": row.line, "released_by": by}
    who = SystemActor(**row.sent_by)
    work.acting_as(who).record_change(permit, "enter", details=details)


def _verify(work: UnitOfWork, permit: Permit, row: ImportRow, judged: JournalEntry) -> None:
    """Verifies the new permit in the name of the person who found its row right beside the source: nobody compares
    one paper twice. A judge who sent the row himself, where a branch allows it, verifies nothing."""
    if judged.subject == row.sent_by["subject"]:
        return
    permit.verified = True
    names = ("subject", "name", "client_id", "organisation")
    judge = SystemActor(**{name: getattr(judged, name) for name in names})
    details = {"import_id": row.import_id, "line": row.line}
    work.acting_as(judge).record_action(permit, "verify", note=row.note, details=details)


def row_data(row: ImportRow) -> Mapping[str, Any]:
    """Returns a row's data with its days read."""
    data: dict[str, Any] = dict(row.data or {})
    days = {
        name: date.fromisoformat(data[name])
        for name in ("issued_on", "expires_on")
        if data.get(name)
    }
    return {**data, **days}
