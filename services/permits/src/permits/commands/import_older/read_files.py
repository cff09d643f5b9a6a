"""Take files of older permits and read them row by row. The worker reads one piece of a file in each transaction, so a
process may be killed between any two.

Pieces of a batch are read in order: of two rows with one number the first row counts, and a row that is sent again
replaces the earlier row. `release_batch` makes permits of the rows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from hashlib import sha256
from itertools import islice
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chassis.core.actors import Actor as Acting
from chassis.core.actors import SystemActor
from chassis.core.ids import new_id
from chassis.core.refusals import Fault, InvalidFields, not_blank
from chassis.core.times import days_as_texts
from chassis.core.unseen import without_unseen
from chassis.core.uploads import Upload
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.commands.import_older.refused_files import digests_of, was_refused
from permits.commands.import_older.row_recovery import mark_unprocessed, process_singly
from permits.commands.plausibility_warnings import LIVE, permits_of_other_origins
from permits.domain import csv_rows, imports, older, plausibility_warnings
from permits.domain.actors import require_access, require_municipality
from permits.domain.csv_rows import Found
from permits.domain.imports import TRIES, Action, RowStatus, Status
from permits.domain.incomplete import faults_of_older
from permits.domain.plausibility_warnings import site_warnings
from permits.models import ImportFile, ImportPiece, ImportRow, Permit, PermitImport
from saudi.days import legal_day
from saudi.finding import place_keys
from saudi.text import number_key

PIECE = 100
NAME_LENGTH = 100
READER = SystemActor("permits-import", "permits")
Line = tuple[int, list[str]]


def start(work: UnitOfWork, *, municipality: str, origin: str, file: Upload) -> PermitImport:
    """Begins a batch with its first file. Raises InvalidFields."""
    require_municipality(work.actor, municipality)
    batch = PermitImport(
        import_id=new_id(),
        municipality=municipality,
        origin=origin,
        status=Status.READING.value,
        rows=0,
        sendings=0,
        created_at=work.now,
        created_by=work.actor.name,
    )
    if was_refused(work.session, batch, [sha256(file.content).hexdigest()]):
        raise InvalidFields.of("file", "csv-refused-before")
    work.session.add(batch)
    return _take_file(work, batch, file)


def send(work: UnitOfWork, import_id: str, *, file: Upload) -> PermitImport:
    """Adds a file to a batch: mended rows, or all rows again. The same file again changes nothing. Raises NotFound,
    IllegalTransition, InvalidFields."""
    batch = lock_import(work, import_id)
    digest = sha256(file.content).hexdigest()
    if digest in digests_of(work.session, batch):
        return batch
    if was_refused(work.session, batch, [digest]):
        raise InvalidFields.of("file", "csv-refused-before")
    return _take_file(work, batch, file)


def withdraw(work: UnitOfWork, import_id: str, *, reason: str) -> PermitImport:
    """Ends the batch without permits. Raises NotFound, IllegalTransition."""
    reason = not_blank(reason, "reason")
    batch = lock_import(work, import_id)
    batch.status = imports.advance(batch.status, Action.WITHDRAW).value
    empty_batch(work.session, batch)
    work.record_change(batch, Action.WITHDRAW, note=reason)
    return batch


def lock_import(work: UnitOfWork, import_id: str) -> PermitImport:
    """Locks the batch. Raises NotFound."""
    batch = work.lock(PermitImport, import_id)
    require_access(work.actor, batch.municipality)
    return batch


def empty_batch(session: Session, batch: PermitImport, *, but: RowStatus | None = None) -> None:
    """Empties what the batch's files say about people, except in rows of a status. Other rows that were set aside
    wait no more."""
    of = {"import_id": batch.import_id}
    waiting = RowStatus.UNPROCESSED
    if but is not waiting:
        aside = update(ImportRow).filter_by(**of, status=waiting.value)
        session.execute(aside.values(status=RowStatus.WITHHELD.value))
    session.execute(update(ImportPiece).filter_by(**of).values(content=None))
    rows = update(ImportRow).filter_by(**of).where(ImportRow.status != (but or ""))
    session.execute(rows.values(data=None))


def actor_record(actor: Acting) -> dict[str, Any]:
    """Returns the actor as JSON values, for the journal entries that the worker writes later."""
    names = ("subject", "name", "client_id", "organisation")
    return {name: getattr(actor, name) for name in names}


def _take_file(work: UnitOfWork, batch: PermitImport, file: Upload) -> PermitImport:
    batch.status = imports.advance(batch.status, Action.SEND_FILE).value
    records = _clean_records(file)
    heading = csv_rows.heading(next(records, []), catalogue.import_columns())
    batch.sendings += 1
    before = batch.rows
    work.record_change(batch, Action.SEND_FILE)
    work.session.flush()
    while piece := list(islice(records, PIECE)):
        _store_piece(work, batch, heading, piece)
    if batch.rows == before:
        raise InvalidFields.of("file", "csv-empty")
    of_file = ImportFile(
        import_id=batch.import_id,
        sending=batch.sendings,
        name=without_unseen(file.name).rpartition("/")[2][:NAME_LENGTH],
        digest=sha256(file.content).hexdigest(),
        rows=batch.rows - before,
    )
    work.session.add(of_file)
    work.session.flush()
    return batch


def _clean_records(file: Upload) -> Iterator[list[str]]:
    """Yields heading and rows without invisible characters, as forms do. The database stores no NUL, which would
    stop the whole batch; a direction mark would be printed on a permit."""
    for cells in csv_rows.records(file.content):
        yield [without_unseen(cell) for cell in cells]


def _store_piece(
    work: UnitOfWork, batch: PermitImport, heading: list[str], piece: list[list[str]]
) -> None:
    """Stores a piece at once, so that memory never holds a whole file as rows."""
    if batch.rows + len(piece) > catalogue.import_limit():
        raise InvalidFields([Fault("file", "too-many", {"limit": catalogue.import_limit()})])
    kept = ImportPiece(
        import_id=batch.import_id,
        place=batch.rows,
        sending=batch.sendings,
        heading=heading,
        content={"rows": piece},
        sent_by=actor_record(work.actor),
    )
    batch.rows += len(piece)
    work.session.add(kept)
    work.session.flush()
    work.session.expunge(kept)


def claim_batch(work: UnitOfWork, status: Status) -> PermitImport | None:
    """Locks the batch of a status that waits longest and that no other worker has. None if no batch waits."""
    waiting = (
        select(PermitImport)
        .where(PermitImport.status == status.value)
        .where((PermitImport.not_before.is_(None)) | (PermitImport.not_before <= work.now))
        .order_by(PermitImport.created_at)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return work.session.scalar(waiting)


def read_piece(work: UnitOfWork, batch: PermitImport) -> None:
    """Reads the next piece of a claimed batch. The worker takes this step."""
    unread = (
        select(ImportPiece)
        .where(ImportPiece.import_id == batch.import_id, ImportPiece.content.is_not(None))
        .order_by(ImportPiece.place)
        .limit(2)
    )
    pieces = work.session.scalars(unread).all()
    if pieces:
        _read_rows(work.session, batch, pieces[0], legal_day(work.now))
    if len(pieces) <= 1:
        batch.status, batch.tries = imports.advance(batch.status, Action.STAGE).value, 0
        work.acting_as(READER).record_change(batch, Action.STAGE)


def _read_rows(session: Session, batch: PermitImport, piece: ImportPiece, today: date) -> None:
    """Stores the rows of one piece with the faults and warnings of each row."""
    content: Mapping[str, Any] = piece.content or {"rows": []}
    lines: list[Line] = list(enumerate(content["rows"]))

    def take(some: Sequence[Line]) -> None:
        rows = [_checked_row(batch, piece, place, cells, today) for place, cells in some]
        _mark_duplicates(session, batch, rows)
        _warn_of_numbers(session, batch, rows)
        _warn_of_plots(session, batch, rows)
        session.add_all(rows)

    def set_aside(line: Line, error: Exception) -> None:
        row = _unreadable_row(batch, piece, *line)
        mark_unprocessed(row, error)
        session.add(row)

    if batch.tries < TRIES:
        take(lines)
    else:
        process_singly(session, lines, lambda line: take([line]), set_aside)
    piece.content = None


def _unreadable_row(
    batch: PermitImport, piece: ImportPiece, place: int, cells: list[str]
) -> ImportRow:
    """Returns a row at which reading failed, with its cells. A mended row replaces the row by its number."""
    written = dict(zip(piece.heading, cells, strict=False)).get(older.NUMBER, "")
    row = _new_row(batch, piece, place, written)
    row.data = {"heading": piece.heading, "cells": cells}
    return row


def _new_row(batch: PermitImport, piece: ImportPiece, place: int, written: Any) -> ImportRow:
    number = number_key(written)[: older.NUMBER_LENGTH] if isinstance(written, str) else None
    return ImportRow(
        import_id=batch.import_id,
        row_number=piece.place + place + 1,
        sending=piece.sending,
        line=piece.place + place + 2,
        permit_number=number or None,
        number_key=number or None,
        plots=[],
        warnings=[],
        sent_by=piece.sent_by,
        sampled=False,
    )


def _checked_row(
    batch: PermitImport, piece: ImportPiece, place: int, cells: list[str], today: date
) -> ImportRow:
    columns = catalogue.import_columns()
    data, found = csv_rows.read_row(piece.heading, cells, columns, catalogue.town_names())
    data |= {"municipality": batch.municipality, "origin": batch.origin}
    warnings: list[Any] = []
    if found:
        broken = csv_rows.parts_of(found, columns)
        rest = faults_of_older(data, broken, today=today, towns=catalogue.towns())
        found = csv_rows.with_rules(found, rest, columns)
    else:
        found, warnings = check_older(data, today)
    row = _new_row(batch, piece, place, data.get(older.NUMBER))
    row.status = (RowStatus.FAULTY if found else RowStatus.READY).value
    row.plots = [] if found else plots_of(data["land"])
    row.data = None if found else days_as_texts(data)
    row.faults, row.warnings = [asdict(one) for one in found], warnings
    return row


def check_older(data: Mapping[str, Any], today: date) -> tuple[list[Found], list[dict[str, Any]]]:
    """Returns the faults and the warnings that the rules find in an older permit, by the columns of a file."""
    columns = catalogue.import_columns()
    try:
        permit, findings = older.parse(data, today=today, towns=catalogue.towns())
    except InvalidFields as refused:
        return csv_rows.on_columns(refused.faults, columns), []
    parts = asdict(permit.application)
    odd = plausibility_warnings.place_warnings(
        data["municipality"], parts["land"], parts["building"], catalogue.towns()
    )
    odd += site_warnings(parts["site"], parts["land"], parts["use_class"])
    found = csv_rows.on_columns([*findings.warnings, *odd], columns)
    return [], [asdict(one) for one in found]


def plots_of(land: Mapping[str, Any]) -> list[str]:
    """Returns plan and plot of each plot; nothing without a plan."""
    if not land.get("plan_number"):
        return []
    keys = place_keys({"block": None, "deed": None, **land})
    return [f"{keys.plan}|{plot}" for plot in keys.plots]


def _mark_duplicates(session: Session, batch: PermitImport, rows: Sequence[ImportRow]) -> None:
    """Marks a row whose number a permit or an earlier row of the same file has. A row of an earlier file gives way."""
    numbers = [row.number_key for row in rows if row.number_key]
    taken = numbers_taken(session, batch, numbers)
    earlier = select(ImportRow).where(
        ImportRow.import_id == batch.import_id,
        ImportRow.number_key.in_(numbers),
        ImportRow.status.in_((RowStatus.READY, RowStatus.FAULTY, RowStatus.UNPROCESSED)),
    )
    standing = {row.number_key: row for row in session.scalars(earlier)}
    for row in rows:
        before = standing.get(row.number_key) if row.number_key else None
        if row.number_key in taken:
            _duplicate(row, "already-entered")
        elif before is not None and before.sending == row.sending:
            _duplicate(row, "csv-repeated", line=before.line)
        elif before is not None:
            before.status, before.data = RowStatus.REPLACED.value, None
        if row.number_key and row.status != RowStatus.DUPLICATE:
            standing[row.number_key] = row


def numbers_taken(session: Session, batch: PermitImport, numbers: Sequence[str]) -> set[str]:
    """Returns the numbers that permits of the branch and origin have already."""
    statement = select(Permit.permit_number).where(
        Permit.municipality == batch.municipality,
        Permit.origin == batch.origin,
        func.lower(Permit.permit_number).in_(numbers),
    )
    return set(map(number_key, session.scalars(statement)))


def _duplicate(row: ImportRow, code: str, **params: Any) -> None:
    row.status, row.data = RowStatus.DUPLICATE.value, None
    row.faults = [asdict(Found("permit_number", code, None, params))]


def _warn_of_numbers(session: Session, batch: PermitImport, rows: Sequence[ImportRow]) -> None:
    """Warns of a number that a permit of another origin has: usually a copy of that permit, or a slip."""
    numbers = [row.number_key for row in rows if row.number_key]
    known = permits_of_other_origins(session, batch.municipality, batch.origin, numbers)
    for row in rows:
        if row.number_key in known and row.status == RowStatus.READY:
            odd = plausibility_warnings.number_elsewhere(older.NUMBER, *known[row.number_key])
            row.warnings = [*row.warnings, asdict(Found(odd.field, odd.code, None, odd.params))]


def _warn_of_plots(session: Session, batch: PermitImport, rows: Sequence[ImportRow]) -> None:
    """Warns of a plot that a live permit or another row has: usually the same permit under another number."""
    wanted = {plot for row in rows for plot in row.plots}
    if not wanted:
        return
    plots = sorted({one.partition("|")[2] for one in wanted})
    of_permit = Permit.plan_key, Permit.plot_keys, Permit.permit_number, Permit.municipality
    live = select(*of_permit).where(
        Permit.plan_key.in_({one.partition("|")[0] for one in wanted}),
        Permit.plot_keys.overlap(plots),
        Permit.status.in_(LIVE),
    )
    used: dict[str, dict[str, str | None]] = {}
    for plan, keys, number, branch in session.execute(live.order_by(Permit.permit_id)):
        one = plausibility_warnings.plot_reference("permit", number, branch, at=batch.municipality)
        used |= {f"{plan}|{plot}": one for plot in keys or ()}
    others = select(ImportRow.plots, ImportRow.permit_number).where(
        ImportRow.import_id == batch.import_id,
        ImportRow.plots.overlap(sorted(wanted)),
        ImportRow.status == RowStatus.READY.value,
    )
    for found, known in session.execute(others.order_by(ImportRow.row_number)):
        used |= dict.fromkeys(found, _named_row(batch, known))
    for row in rows:
        if there := [used[plot] for plot in row.plots if plot in used]:
            odd = plausibility_warnings.plot_in_use("plots", [*_without_repeats(there)])
            row.warnings = [*row.warnings, asdict(Found("plots", odd.code, None, odd.params))]
        used |= dict.fromkeys(row.plots, _named_row(batch, row.permit_number))


def _named_row(batch: PermitImport, number: str | None) -> dict[str, str | None]:
    return plausibility_warnings.plot_reference(
        "row", number or "", batch.municipality, at=batch.municipality
    )


def _without_repeats(found: Sequence[dict[str, str | None]]) -> Iterator[dict[str, str | None]]:
    """Returns each plot once, because a permit may have several."""
    for place, one in enumerate(found):
        if one not in found[:place]:
            yield one
