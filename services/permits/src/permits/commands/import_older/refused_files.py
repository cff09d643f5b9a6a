"""Find the files that were refused for their samples. Such a file isn't taken again until its rows are mended."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from permits.domain.imports import Status, Verdict
from permits.models import ImportFile, ImportRow, PermitImport


def digests_of(session: Session, batch: PermitImport) -> Collection[str]:
    """Returns the digests of the batch's files."""
    statement = select(ImportFile.digest).where(ImportFile.import_id == batch.import_id)
    return set(session.scalars(statement))


def was_refused(session: Session, batch: PermitImport, digests: Collection[str]) -> bool:
    """Returns whether another batch with one of the files was refused. The same rows would be sent until a sample
    happens to be right."""
    refused = (
        select(ImportFile.import_id)
        .join(PermitImport, PermitImport.import_id == ImportFile.import_id)
        .where(ImportFile.digest.in_(digests), *refused_before(batch))
    )
    return session.scalar(refused.limit(1)) is not None


def refused_before(batch: PermitImport) -> tuple[ColumnElement[bool], ...]:
    """Selects the other batches of the branch whose samples were too wrong, or that were withdrawn after a wrong row.
    Neither withdrawing a batch nor naming another origin gives its file another sample."""
    of_batch = ImportRow.import_id == PermitImport.import_id
    wrong = exists().where(of_batch, ImportRow.verdict == Verdict.WRONG.value)
    withdrawn = PermitImport.status == Status.WITHDRAWN.value
    return (
        PermitImport.municipality == batch.municipality,
        PermitImport.import_id != batch.import_id,
        or_(
            PermitImport.status == Status.REFUSED.value,
            and_(withdrawn, wrong.correlate(PermitImport)),
        ),
    )
