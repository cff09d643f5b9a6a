"""Attachments and a scanner: what isn't known to be clean isn't served, and nobody waits for the scanner's look."""

from dataclasses import replace
from typing import Any

import hostile
import pytest
from keeping import NOW, context_of, upload
from sqlalchemy import text

from chassis.core.refusals import NotFound
from chassis.files import tidying
from chassis.files.attachments import Attachment, Files
from chassis.files.storage import StorageUnavailable


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


def test_no_row_is_locked_while_the_scanner_looks(files: Files, session: Any) -> None:
    class Looking(Scanner):
        def is_clean(self, content: bytes) -> bool:
            of_rows = "mode = 'RowShareLock' AND relation = 'attachment'::regclass"
            locked.append(session.scalar(text(f"SELECT count(*) FROM pg_locks WHERE {of_rows}")))
            return True

    locked: list[int] = []
    guarded = Files(files.settings, files.storage, Looking())
    guarded.store(session, upload(hostile.photo()), uploader="p_one", now=NOW)

    assert (tidying.scan(context_of(guarded, session)), locked) == (1, [0])


def test_a_volume_that_is_nearly_full_takes_no_more(files: Files, session: Any) -> None:
    full = Files.of(replace(files.settings, files_least_free_bytes=2**62))

    with pytest.raises(StorageUnavailable):
        full.store(session, upload(hostile.photo()), uploader="p_one", now=NOW)
    assert session.query(Attachment).count() == 0


def test_with_a_scanner_a_file_is_served_once_it_is_clean(files: Files, session: Any) -> None:
    scanner = Scanner()
    guarded = Files(files.settings, files.storage, scanner)
    row = guarded.store(session, upload(hostile.photo()), uploader="p_one", now=NOW)
    context = context_of(guarded, session)

    assert row.scan == "scanning"
    with pytest.raises(NotFound):
        guarded.answer(row)
    scanner.away = True
    assert (tidying.scan(context), scan_of(session, row)) == (0, "scanning")
    scanner.away = False
    assert (tidying.scan(context), scan_of(session, row)) == (1, "clean")
    assert guarded.answer(row)[1] == 200
    assert tidying.scan(context) == 0


def test_an_infected_file_is_never_served_even_when_the_scanner_is_gone(
    files: Files, session: Any
) -> None:
    scanner = Scanner()
    scanner.infected = True
    guarded = Files(files.settings, files.storage, scanner)
    row = guarded.store(session, upload(hostile.photo()), uploader="p_one", now=NOW)

    tidying.scan(context_of(guarded, session))

    assert scan_of(session, row) == "infected"
    for one in (guarded, files):
        with pytest.raises(NotFound):
            one.answer(row)


def test_files_from_before_the_scanner_wait_for_it(
    files: Files, stored: Attachment, session: Any
) -> None:
    guarded = Files(files.settings, files.storage, Scanner())

    assert (stored.scan, files.answer(stored)[1]) == ("unscanned", 200)
    with pytest.raises(NotFound):
        guarded.answer(stored)
    assert tidying.scan(context_of(files, session)) == 0
    assert tidying.scan(context_of(guarded, session)) == 1
    session.refresh(stored)
    assert guarded.answer(stored)[1] == 200
