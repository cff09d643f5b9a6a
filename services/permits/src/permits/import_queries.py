"""Reads of batches of older permits."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.paging import Page, PageRequest, keyset
from permits.domain.actors import Actor, bound, require_access
from permits.models import ImportFile, ImportRow, PermitImport


@dataclass(frozen=True)
class ImportSearch:
    """Batches of a branch."""

    municipality: str | None


@dataclass(frozen=True)
class RowSearch:
    """Rows of a batch."""

    import_id: str
    status: str | None


@dataclass(frozen=True)
class Progress:
    """`sent`: rows of all files; `rows`: those that were read, by status; `verdicts` of the sample, or None."""

    sent: int
    rows: Mapping[str, int]
    verdicts: Mapping[str | None, int]
    files: int


def get_import(session: Session, actor: Actor, import_id: str) -> PermitImport:
    """Raises NotFound."""
    batch = session.get(PermitImport, import_id)
    if batch is None:
        raise NotFound
    require_access(actor, batch.municipality)
    return batch


def list_imports(session: Session, actor: Actor, page: PageRequest) -> Page[PermitImport]:
    """Newest first. Raises InvalidFields for a cursor of another search."""
    search = ImportSearch(bound(actor))
    statement = select(PermitImport)
    if search.municipality is not None:
        statement = statement.where(PermitImport.municipality == search.municipality)
    key = (PermitImport.created_at, PermitImport.import_id)
    return keyset(session, statement, key, page, search=search, newest_first=True)


def rows_of(
    session: Session, actor: Actor, import_id: str, status: str | None, page: PageRequest
) -> Page[ImportRow]:
    """In the order of the file. Raises NotFound, and InvalidFields for a cursor of another search."""
    get_import(session, actor, import_id)
    statement = select(ImportRow).where(ImportRow.import_id == import_id)
    if status is not None:
        statement = statement.where(ImportRow.status == status)
    key = (ImportRow.row_number, ImportRow.import_id)
    return keyset(session, statement, key, page, search=RowSearch(import_id, status))


def progress_of(session: Session, batch: PermitImport) -> Progress:
    """How far it is."""
    rows = select(ImportRow.status, func.count()).where(ImportRow.import_id == batch.import_id)
    judged = select(ImportRow.verdict, func.count()).where(
        ImportRow.import_id == batch.import_id, ImportRow.sampled.is_(True)
    )
    files = select(func.count()).where(ImportFile.import_id == batch.import_id)
    return Progress(
        sent=batch.rows,
        rows=dict(session.execute(rows.group_by(ImportRow.status)).all()),
        verdicts=dict(session.execute(judged.group_by(ImportRow.verdict)).all()),
        files=session.scalar(files) or 0,
    )
