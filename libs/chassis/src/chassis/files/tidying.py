"""Chores of a service that keeps attachments: `Service(chores=[every(60, drop_unclaimed), every(5, collect_orphans),
every(1, scan)])`. Its resources have an attribute `files`.
"""

from datetime import timedelta
from itertools import cycle
from typing import Any

import structlog
from sqlalchemy import delete, select, update

from chassis.core.context import Context
from chassis.files.attachments import Attachment, Files
from chassis.files.scanning import CLEAN, INFECTED, SCANNING, UNSCANNED
from chassis.files.storage import StorageUnavailable

BATCH = 500
SCANNED_AT_ONCE = 5
# One of the 256 parts of the storage each time.
_PREFIXES = cycle(f"{number:02x}" for number in range(256))

log = structlog.get_logger(__name__)


def drop_unclaimed(context: Context[Any, Any]) -> int:
    """Deletes the rows of uploads that nothing claimed in time. Answers how many; their files follow as orphans."""
    files: Files = context.resources.files
    until = context.now - timedelta(hours=files.settings.files_unclaimed_hours)
    old = (
        select(Attachment.attachment_id)
        .where(Attachment.owner_id.is_(None), Attachment.uploaded_at < until)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    statement = delete(Attachment).where(Attachment.attachment_id.in_(old.scalar_subquery()))
    found = context.session.execute(statement.returning(Attachment.attachment_id)).all()
    return len(found)


def collect_orphans(context: Context[Any, Any]) -> int:
    """Deletes the files of the next part of the storage that no row names. Answers how many. A storage that's away is
    asked another time: the work process has other things to do."""
    try:
        return collect_orphans_of(context, next(_PREFIXES))
    except StorageUnavailable as error:
        log.warning("files.storage_away", reason=str(error))
        return 0


def collect_orphans_of(context: Context[Any, Any], prefix: str) -> int:
    """Deletes the files of one part that no row names, once no open transaction can still bring the row."""
    files: Files = context.resources.files
    until = context.now - timedelta(seconds=files.settings.files_orphan_seconds)
    old = sorted({key for key, at in files.storage.keys(prefix) if at < until})
    gone = 0
    for start in range(0, len(old), BATCH):
        some = old[start : start + BATCH]
        named = set(context.session.scalars(select(Attachment.key).where(Attachment.key.in_(some))))
        for key in set(some) - named:
            files.storage.delete(key)
            gone += 1
    return gone


def scan(context: Context[Any, Any]) -> int:
    """Asks the scanner about the oldest files that it hasn't seen. Answers how many; 0 where there's no scanner.

    No row is locked while the scanner looks, so whoever files a report with the file doesn't wait for it. Two processes
    may ask about a file, which does no harm.
    """
    files: Files = context.resources.files
    if files.scanner is None:
        return 0
    waiting = Attachment.scan.in_([SCANNING, UNSCANNED])
    oldest = select(Attachment.attachment_id, Attachment.key).where(waiting)
    rows = context.session.execute(
        oldest.order_by(Attachment.uploaded_at).limit(SCANNED_AT_ONCE)
    ).all()
    found: dict[str, list[str]] = {CLEAN: [], INFECTED: []}
    for row in rows:
        try:
            clean = files.scanner.is_clean(files.storage.read(row.key))
        except Exception as error:  # of a scanner that the chassis doesn't know
            log.warning("files.scanner_away", error=type(error).__name__)
            break
        found[CLEAN if clean else INFECTED].append(row.attachment_id)
    for scan, ids in found.items():
        mine = Attachment.attachment_id.in_(sorted(ids))
        context.session.execute(update(Attachment).where(mine, waiting).values(scan=scan))
    return sum(map(len, found.values()))
