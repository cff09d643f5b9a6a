"""Chores and the worker of a service that keeps attachments: `Service(chores=[every(60, drop_unclaimed), every(5,
collect_orphans)], workers={"scanner": scan})`. Its resources have an attribute `files`.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import cycle
from threading import Event as Stop
from typing import Any

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.core.context import Context
from chassis.data.db import Database
from chassis.data.failures import note_failure
from chassis.files.attachments import Attachment, Files
from chassis.files.scanning import CLEAN, INFECTED, SCANNING, UNSCANNED, Scanner
from chassis.files.storage import StorageUnavailable

BATCH = 500
SCANNED_AT_ONCE = 5
SCAN_SECONDS = 1.0
# So long a file is left alone that the scanner couldn't look at, so that those behind it have their turn.
ASIDE_SECONDS = 30.0
_WAITING = Attachment.scan.in_([SCANNING, UNSCANNED])
# One of the 256 parts of the storage each time.
_PREFIXES = cycle(f"{number:02x}" for number in range(256))

# By a label, so that a process that has measured nothing yet doesn't say 0.
ROOM = metrics.gauge(
    "files_room_bytes", "What uploads may still take before they are refused", ["storage"]
)

log = structlog.get_logger(__name__)


def drop_unclaimed(context: Context[Any, Any]) -> int:
    """Deletes the rows of uploads that nothing claimed in time. Returns how many; their files follow as orphans."""
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
    """Deletes the files of the next part of the storage that no row names, and measures the room that's left. Returns
    how many. A storage that's away is asked another time: the work process has other things to do."""
    files: Files = context.resources.files
    try:
        ROOM.labels("attachments").set(files.storage.room())
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


class Scans:
    """Asks the scanner about the files that it hasn't seen. No transaction is open and no row is locked while it looks,
    however long that takes. Two processes may ask about a file, which does no harm."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database, self._files = database, files
        self._aside: dict[
            str, float
        ] = {}  # until when a file is left alone that it couldn't look at

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set; a database or a scanner that's away is waited for."""
        while not stop.is_set():
            seen = 0
            try:
                seen = self.step()
            except Exception as error:
                note_failure("files", error)
            if not seen:
                stop.wait(SCAN_SECONDS)

    def step(self) -> int:
        """Asks about the oldest. Returns how many it has looked at; 0 where there's no scanner."""
        scanner = self._files.scanner
        if scanner is None:
            return 0
        with self._database.transaction() as session:
            waiting = self._waiting(session)
        found: dict[str, list[str]] = {CLEAN: [], INFECTED: []}
        for attachment_id, key in waiting:
            clean = self._is_clean(scanner, attachment_id, key)
            if clean is not None:
                found[CLEAN if clean else INFECTED].append(attachment_id)
        if any(found.values()):
            with self._database.transaction() as session:
                self._write(session, found)
        return sum(map(len, found.values()))

    def _waiting(self, session: Session) -> list[tuple[str, str]]:
        now = time.monotonic()
        self._aside = {one: until for one, until in self._aside.items() if until > now}
        oldest = select(Attachment.attachment_id, Attachment.key).where(
            _WAITING, Attachment.attachment_id.not_in(self._aside)
        )
        rows = session.execute(oldest.order_by(Attachment.uploaded_at).limit(SCANNED_AT_ONCE))
        return [(attachment_id, key) for attachment_id, key in rows]

    def _is_clean(self, scanner: Scanner, attachment_id: str, key: str) -> bool | None:
        """None when the scanner is away, or the file can't be read: the next ones are asked about meanwhile."""
        try:
            return scanner.is_clean(self._files.storage.read(key))
        except Exception as error:  # of a scanner that the chassis doesn't know
            log.warning("files.not_scanned", row=attachment_id, error=type(error).__name__)
            self._aside[attachment_id] = time.monotonic() + ASIDE_SECONDS
            return None

    def _write(self, session: Session, found: Mapping[str, Sequence[str]]) -> None:
        for scan, ids in found.items():
            mine = Attachment.attachment_id.in_(sorted(ids))
            session.execute(update(Attachment).where(mine, _WAITING).values(scan=scan))


def scan(process: Any, stop: Stop) -> None:
    """The worker `scanner` of a service whose resources have an attribute `files`."""
    files: Files = process.resources.files
    if files.scanner is None:
        stop.wait()
    else:
        Scans(process.database, files).run(stop)
