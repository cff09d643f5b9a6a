"""Attachments and a scanner: what isn't known to be clean isn't served, and nobody waits for the scanner's look."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import hostile
import pytest
from keeping import NOW, upload

from chassis.core.refusals import NotFound
from chassis.files import tidying
from chassis.files.attachments import Attachment, Files
from chassis.files.storage import StorageUnavailable
from chassis.files.tidying import Scans


class Scanner:
    """Finds what it's told to find, unless it's away."""

    def __init__(self) -> None:
        self.away = False
        self.infected = False

    def is_clean(self, content: bytes) -> bool:
        if self.away:
            raise ConnectionRefusedError
        return not self.infected


def scan_of(session: Any, row: Attachment) -> str:
    session.refresh(row)
    return row.scan


def scanned(database: Any, files: Files) -> int:
    return Scans(database, files).step()


class Transactions:
    """A database that knows how many transactions are open."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.open = 0

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._database.transaction() as session:
            self.open += 1
            yield session
            self.open -= 1


def test_no_transaction_is_open_while_the_scanner_looks(
    files: Files, session: Any, database: Any
) -> None:
    class Looking(Scanner):
        def is_clean(self, content: bytes) -> bool:
            seen.append(counting.open)
            return True

    seen: list[int] = []
    counting = Transactions(database)
    guarded = Files(files.settings, files.storage, Looking())
    rows = [
        guarded.store(session, upload(hostile.photo()), uploader="p_one", now=NOW) for _ in "ab"
    ]
    session.flush()

    assert (scanned(counting, guarded), seen) == (2, [0, 0])
    assert [scan_of(session, row) for row in rows] == ["clean", "clean"]


def test_a_file_that_cannot_be_looked_at_keeps_no_other_waiting(
    files: Files, session: Any, database: Any, monkeypatch: Any
) -> None:
    guarded = Files(files.settings, files.storage, Scanner())
    first, second = (
        guarded.store(
            session,
            upload(hostile.photo()),
            uploader="p_one",
            now=NOW + timedelta(seconds=seconds),
        )
        for seconds in (0, 1)
    )
    session.flush()
    files.storage.delete(first.key)
    monkeypatch.setattr(tidying, "SCANNED_AT_ONCE", 1)
    scans = Scans(database, guarded)

    counts = [scans.step(), scans.step()]

    assert counts == [0, 1]
    assert [scan_of(session, row) for row in (first, second)] == ["scanning", "clean"]


def test_a_volume_that_is_nearly_full_takes_no_more(files: Files, session: Any) -> None:
    full = Files.of(replace(files.settings, files_least_free_bytes=2**62))

    with pytest.raises(StorageUnavailable):
        full.store(session, upload(hostile.photo()), uploader="p_one", now=NOW)
    assert session.query(Attachment).count() == 0


def test_with_a_scanner_a_file_is_served_once_it_is_clean(
    files: Files, session: Any, database: Any
) -> None:
    scanner = Scanner()
    guarded = Files(files.settings, files.storage, scanner)
    row = guarded.store(session, upload(hostile.photo()), uploader="p_one", now=NOW)

    assert row.scan == "scanning"
    with pytest.raises(NotFound):
        guarded.answer(row)
    scanner.away = True
    assert (scanned(database, guarded), scan_of(session, row)) == (0, "scanning")
    scanner.away = False
    assert (scanned(database, guarded), scan_of(session, row)) == (1, "clean")
    assert guarded.answer(row)[1] == 200
    assert scanned(database, guarded) == 0


def test_an_infected_file_is_never_served_even_when_the_scanner_is_gone(
    files: Files, session: Any, database: Any
) -> None:
    scanner = Scanner()
    scanner.infected = True
    guarded = Files(files.settings, files.storage, scanner)
    row = guarded.store(session, upload(hostile.photo()), uploader="p_one", now=NOW)

    scanned(database, guarded)

    assert scan_of(session, row) == "infected"
    for one in (guarded, files):
        with pytest.raises(NotFound):
            one.answer(row)


def test_files_from_before_the_scanner_wait_for_it(
    files: Files, stored: Attachment, session: Any, database: Any
) -> None:
    guarded = Files(files.settings, files.storage, Scanner())

    assert (stored.scan, files.answer(stored)[1]) == ("unscanned", 200)
    with pytest.raises(NotFound):
        guarded.answer(stored)
    assert scanned(database, files) == 0
    assert scanned(database, guarded) == 1
    session.refresh(stored)
    assert guarded.answer(stored)[1] == 200
