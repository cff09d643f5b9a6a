"""Release a batch of older permits: a second person checks a sample that the server draws, then the worker makes
permits of the rows, some in each transaction, with an event for each.

The person who sent a row entered its permit; somebody else verifies the permit later.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.refusals import NotFound
from chassis.data.aggregates import record_action, record_change
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
from permits.commands.import_older.row_recovery import mark_unprocessed, process_singly
from permits.commands.recording import require_separation
from permits.domain import imports, older
from permits.domain.actors import Actor
from permits.domain.imports import (
    TRIES,
    Action,
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


def draw_sample(
    session: Session, actor: Actor, import_id: str, *, reason: str, now: datetime
) -> Sequence[ImportRow]:
    """The rows to be checked against their sources, whole; drawn once, and the same ones whenever they're looked at,
    which the history tells. Raises NotFound, IllegalTransition, NothingToRelease, and DutiesSeparated for who sent a
    file."""
    batch = lock_import(session, actor, import_id)
    after = imports.advance(batch.status, Action.DRAW_SAMPLE)
    warned = _other_person(session, actor, batch, now)
    if batch.status == Status.STAGED:
        batch.status = after.value
        _draw_rows(session, batch)
        record_change(
            session, batch, actor, Action.DRAW_SAMPLE, now=now, note=reason, details=warned
        )
    else:
        record_action(session, batch, actor, "reveal", now=now, note=reason, details=warned)
    return _sample(session, batch)


def _draw_rows(session: Session, batch: PermitImport) -> None:
    ready = select(ImportRow.row_number).where(
        ImportRow.import_id == batch.import_id, ImportRow.status == RowStatus.READY.value
    )
    numbers = list(session.scalars(ready))
    if not numbers:
        raise NothingToRelease
    plan = imports.plan_for(catalogue.import_plans(), len(numbers))
    size = min(plan.sample, len(numbers))
    drawn = secrets.SystemRandom().sample(numbers, size)
    batch.sample_size, batch.wrong_allowed = size, plan.wrong
    chosen = select(ImportRow).where(
        ImportRow.import_id == batch.import_id, ImportRow.row_number.in_(drawn)
    )
    for row in session.scalars(chosen):
        row.sampled = True


def _sample(session: Session, batch: PermitImport) -> Sequence[ImportRow]:
    session.flush()
    statement = select(ImportRow).where(
        ImportRow.import_id == batch.import_id, ImportRow.sampled.is_(True)
    )
    return session.scalars(statement.order_by(ImportRow.row_number)).all()


def judge(
    session: Session,
    actor: Actor,
    import_id: str,
    row_number: int,
    *,
    verdict: str,
    note: str | None = None,
    now: datetime,
) -> PermitImport:
    """What a row of the sample is beside its source. Too many wrong ones refuse the batch at once. Raises NotFound,
    IllegalTransition, NotInSample, DutiesSeparated."""
    batch = lock_import(session, actor, import_id)
    imports.advance(batch.status, Action.JUDGE)
    warned = _other_person(session, actor, batch, now)
    row = session.get(ImportRow, (import_id, row_number))
    if row is None:
        raise NotFound
    if not row.sampled:
        raise NotInSample
    row.verdict, row.note = Verdict(verdict).value, note
    row.judged_by, row.judged_at = actor.name or actor.subject, now
    verdicts = [one.verdict for one in _sample(session, batch)]
    after = imports.after_verdict(verdicts, allowed=batch.wrong_allowed or 0)
    batch.status = after.value
    if after is Status.REFUSED:
        empty_batch(session, batch)
    details = {"row": row_number, "verdict": row.verdict, **(warned or {})}
    record_change(session, batch, actor, Action.JUDGE, now=now, note=note, details=details)
    return batch


def release(session: Session, actor: Actor, import_id: str, *, now: datetime) -> PermitImport:
    """The worker may make permits of all rows but those that were judged wrong. Raises NotFound, IllegalTransition,
    SampleUnjudged, DutiesSeparated."""
    batch = lock_import(session, actor, import_id)
    after = imports.advance(batch.status, Action.RELEASE)
    warned = _other_person(session, actor, batch, now)
    sample = _sample(session, batch)
    imports.require_judged([row.verdict for row in sample])
    for row in sample:
        if row.verdict == Verdict.WRONG:
            row.status = RowStatus.WITHHELD.value
    batch.status, batch.released_by = after.value, actor_record(actor)
    record_change(session, batch, actor, Action.RELEASE, now=now, details=warned)
    return batch


def _other_person(
    session: Session, actor: Actor, batch: PermitImport, now: datetime
) -> dict[str, Any] | None:
    """Who sent a file neither sees the sample nor judges nor releases it; where that's only warned, each of these acts
    is noted."""
    of = (batch.aggregate_type, batch.import_id)
    return require_separation(session, actor, Action.RELEASE, batch.municipality, of, now=now)


def make_permits(session: Session, batch: PermitImport, *, now: datetime) -> None:
    """The worker's step: permits of the next rows of a claimed batch that was released."""
    ready = (
        select(ImportRow)
        .where(ImportRow.import_id == batch.import_id, ImportRow.status == RowStatus.READY.value)
        .order_by(ImportRow.row_number)
        .limit(TOGETHER)
    )
    rows = session.scalars(ready).all()
    _make_rows(session, batch, rows, now)
    if len(rows) < TOGETHER:
        batch.status, batch.tries = imports.advance(batch.status, Action.END).value, 0
        empty_batch(session, batch, but=RowStatus.UNPROCESSED)
        record_change(session, batch, READER, Action.END, now=now)


def _make_rows(
    session: Session, batch: PermitImport, rows: Sequence[ImportRow], now: datetime
) -> None:
    def make(some: Sequence[ImportRow]) -> None:
        taken = numbers_taken(session, batch, [row.number_key for row in some if row.number_key])
        for row in some:
            if row.number_key in taken:  # entered singly meanwhile
                row.status, row.data = RowStatus.DUPLICATE.value, None
            else:
                _make_one(session, batch, row, now)

    if batch.tries < TRIES:
        make(rows)
    else:
        process_singly(session, rows, lambda row: make([row]), mark_unprocessed)


def _make_one(session: Session, batch: PermitImport, row: ImportRow, now: datetime) -> None:
    data = row_data(row)
    found, _ = check_older(data, legal_day(now))
    if found:  # the rules changed since it was read
        row.status, row.data = RowStatus.WITHHELD.value, None
        return
    read, _ = older.parse(data, today=legal_day(now), towns=catalogue.towns())
    permit = new_older_permit(read, batch.municipality)
    session.add(permit)
    _record_entered(session, permit, row, batch, now)
    publish(session, events.permit_event("entered", permit.record(), seals_of(session), now))
    row.status, row.permit_id, row.data = RowStatus.RELEASED.value, permit.permit_id, None


def _record_entered(
    session: Session, permit: Permit, row: ImportRow, batch: PermitImport, now: datetime
) -> None:
    """Nothing rests on a permit that's new, so its building's release needn't be looked for."""
    by = (batch.released_by or {}).get("name")
    details = {"import_id": batch.import_id, "line": row.line, "released_by": by}
    who = SystemActor(**row.sent_by)
    record_change(session, permit, who, "enter", now=now, details=details)


def row_data(row: ImportRow) -> Mapping[str, Any]:
    """What a row says, with its days read."""
    data: dict[str, Any] = dict(row.data or {})
    days = {
        name: date.fromisoformat(data[name])
        for name in ("issued_on", "expires_on")
        if data.get(name)
    }
    return {**data, **days}
