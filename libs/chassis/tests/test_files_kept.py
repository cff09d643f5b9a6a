"""Attachments from their upload to their end: the file is durable before the row, and nobody else's file is found."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hostile
import pytest
from keeping import NOW, context_of, upload
from sqlalchemy import select, text

from chassis.core import metrics
from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.db import Database
from chassis.files import tidying
from chassis.files.attachments import (
    Attachment,
    Files,
    attachment_of,
    attachments_of,
    claim,
)
from chassis.files.storage import Folder, StorageUnavailable

HERE = Path(__file__).parent


def all_files(files: Files) -> list[Path]:
    return [one for one in files.settings.files_folder.rglob("*") if one.is_file()]


def age(files: Files, seconds: float) -> None:
    for file in all_files(files):
        os.utime(file, (time.time() - seconds,) * 2)


def collect(files: Files, session: Any) -> int:
    context = context_of(files, session, datetime.now(UTC))
    return sum(tidying.collect_orphans_of(context, f"{part:02x}") for part in range(256))


def owned(session: Any, row: Attachment, owner_id: str = "r1", uploader: str = "p_one") -> Any:
    ids = [row.attachment_id]
    return claim(session, ids, owner_type="report", owner_id=owner_id, uploader=uploader)


def test_a_stored_picture_is_served_with_headers_that_keep_it_a_picture(
    files: Files, stored: Attachment
) -> None:
    body, status, headers = files.answer(stored)

    assert (status, len(body)) == (200, stored.size)
    assert stored.name == "صورة.jpg"
    assert stored.position == hostile.QATIF
    assert headers == {
        "Content-Type": "image/jpeg",
        "Content-Disposition": "inline; filename=\"file.jpg\"; filename*=UTF-8''%D8%B5%D9%88%D8%B1%D8%A9.jpg",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "Cache-Control": "private, max-age=300",
    }


def test_a_pdf_is_only_a_download(files: Files, session: Any) -> None:
    row = files.store(session, upload(hostile.pdf(), "a.pdf"), uploader="p_one", now=NOW)

    assert files.answer(row)[2]["Content-Disposition"].startswith("attachment; ")


def test_content_that_is_not_kept_is_a_fault_of_its_field_and_leaves_nothing(
    files: Files, session: Any
) -> None:
    with pytest.raises(InvalidFields) as refused:
        files.store(session, upload(b"<html>", "a.jpg"), uploader="p_one", now=NOW, field="media")

    assert [(one.field, one.code) for one in refused.value.faults] == [("media", "file-type")]
    assert all_files(files) == []


def test_the_file_is_durable_before_the_row_is_written(
    files: Files, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace_file, flush = os.fsync, Path.replace, session.flush
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("sync"), sync(handle))[1])
    monkeypatch.setattr(
        Path, "replace", lambda self, to: (done.append("rename"), replace_file(self, to))[1]
    )
    monkeypatch.setattr(session, "flush", lambda *a: (done.append("row"), flush(*a))[1])

    files.store(session, upload(hostile.photo()), uploader="p_one", now=NOW)

    assert done[-4:] == ["sync", "rename", "sync", "row"]


def test_a_storage_that_cannot_write_leaves_no_row_and_no_part(
    files: Files, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(StorageUnavailable, match="No space left"):
        files.store(session, upload(hostile.photo()), uploader="p_one", now=NOW)

    assert session.scalars(select(Attachment)).all() == []
    assert all_files(files) == []


def test_only_the_services_user_reads_the_folder(files: Files, stored: Attachment) -> None:
    (file,) = all_files(files)

    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "a" * 31, "A" * 32, "a" * 32 + "\n"])
def test_a_key_is_no_path(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        Folder(tmp_path).read(key)


def test_a_file_that_is_missing_makes_the_storage_unavailable(
    files: Files, stored: Attachment
) -> None:
    files.storage.delete(stored.key)

    with pytest.raises(StorageUnavailable):
        files.answer(stored)


def test_a_claimed_file_is_found_by_its_owner_and_by_nobody_else(
    session: Any, stored: Attachment
) -> None:
    owned(session, stored)

    assert [one.attachment_id for one in attachments_of(session, "report", ["r1"])] == [
        stored.attachment_id
    ]
    found = attachment_of(session, stored.attachment_id, owner_type="report", owner_id="r1")
    assert found is stored
    for owner_type, owner_id in (("report", "r2"), ("permit", "r1")):
        with pytest.raises(NotFound):
            attachment_of(session, stored.attachment_id, owner_type=owner_type, owner_id=owner_id)


def test_somebody_elses_upload_is_not_found(session: Any, stored: Attachment) -> None:
    with pytest.raises(NotFound):
        owned(session, stored, uploader="p_two")
    with pytest.raises(NotFound):
        claim(session, [new_id()], owner_type="report", owner_id="r1", uploader="p_one")

    assert stored.owner_id is None


def test_a_claim_takes_all_or_none(files: Files, session: Any, stored: Attachment) -> None:
    ids = [stored.attachment_id, new_id()]

    with pytest.raises(NotFound):
        claim(session, ids, owner_type="report", owner_id="r1", uploader="p_one")

    assert stored.owner_id is None


def test_a_repeated_claim_changes_nothing_and_another_things_claim_is_not_found(
    session: Any, stored: Attachment
) -> None:
    owned(session, stored)

    assert owned(session, stored) == [stored]
    with pytest.raises(NotFound):
        owned(session, stored, owner_id="r2")


def test_an_upload_that_nothing_claims_goes_with_its_file(
    files: Files, session: Any, stored: Attachment
) -> None:
    kept = files.store(session, upload(hostile.photo()), uploader="p_one", now=NOW)
    owned(session, kept)
    age(files, 7_200)

    early = tidying.drop_unclaimed(context_of(files, session, NOW + timedelta(hours=23)))
    late = tidying.drop_unclaimed(context_of(files, session, NOW + timedelta(hours=25)))

    assert (early, late) == (0, 1)
    assert collect(files, session) == 1
    assert [one.name for one in all_files(files)] == [kept.key]


def test_the_file_of_an_attachment_that_is_gone_is_collected(
    files: Files, session: Any, stored: Attachment
) -> None:
    owned(session, stored)
    age(files, 7_200)

    session.delete(stored)
    session.flush()
    assert collect(files, session) == 1
    assert all_files(files) == []


def test_an_orphan_waits_until_no_transaction_can_bring_its_row(files: Files, session: Any) -> None:
    files.storage.put("ab" * 16, b"of a rolled back transaction")
    left = files.settings.files_folder / "cd" / ("cd" * 16 + ".part")
    left.parent.mkdir()
    left.write_bytes(b"of a killed put")

    assert collect(files, session) == 0
    age(files, 3_700)
    assert collect(files, session) == 2
    assert all_files(files) == []


def test_a_chore_takes_one_part_of_the_storage_at_a_time(files: Files, session: Any) -> None:
    files.storage.put("ab" * 16, b"orphan")
    age(files, 3_700)

    found = [
        tidying.collect_orphans(context_of(files, session, datetime.now(UTC))) for _ in range(256)
    ]

    assert sorted(found)[-2:] == [0, 1]


def test_the_room_that_is_left_for_uploads_is_measured_by_the_work_process(
    files: Files, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files.storage, "room", lambda: 7_000)

    tidying.collect_orphans(context_of(files, session))

    assert 'files_room_bytes{storage="attachments"} 7000.0' in metrics.exposition()[1].decode()


def test_what_stays_free_is_no_room_for_uploads(tmp_path: Path) -> None:
    volume = os.statvfs(tmp_path)
    whole = volume.f_blocks * volume.f_frsize

    assert Folder(tmp_path, whole).room() <= 0
    with pytest.raises(StorageUnavailable):
        Folder(tmp_path, whole).put("ab" * 16, b"x")


def test_before_the_first_file_the_room_is_that_of_the_volume_where_it_will_be(
    tmp_path: Path,
) -> None:
    there = Folder(tmp_path).room()

    assert Folder(tmp_path / "none yet" / "files").room() == pytest.approx(there, rel=0.05)


def test_a_storage_that_is_away_does_not_end_the_work_process(files: Files, session: Any) -> None:
    files.settings.files_folder.write_text("a file in its place")

    assert tidying.collect_orphans(context_of(files, session)) == 0


@pytest.fixture
def committed(real_database: Database) -> Iterator[Database]:
    yield real_database
    with real_database.transaction() as session:
        session.execute(text("DELETE FROM attachment"))


def test_a_process_killed_between_the_file_and_its_row_leaves_an_orphan_that_is_collected(
    files: Files, committed: Database
) -> None:
    folder = str(files.settings.files_folder)

    died = subprocess.run(
        [sys.executable, HERE / "killed_between.py", committed.url, folder], check=False
    )

    assert died.returncode == -9
    assert len(all_files(files)) == 1
    age(files, 3_700)
    with committed.transaction() as session:
        assert session.scalars(select(Attachment)).all() == []
        assert collect(files, session) == 1
    assert all_files(files) == []


def test_a_committed_row_finds_its_file_from_another_process(
    files: Files, committed: Database
) -> None:
    with committed.transaction() as session:
        row_id = files.store(session, upload(hostile.photo()), uploader="u", now=NOW).attachment_id

    other = Files.of(files.settings)
    with committed.transaction() as session:
        row = session.get_one(Attachment, row_id)
        assert other.answer(row)[0].startswith(b"\xff\xd8\xff")


def test_two_claims_at_a_time_give_a_file_to_one_of_them(files: Files, committed: Database) -> None:
    with committed.transaction() as session:
        row = files.store(session, upload(hostile.photo()), uploader="p_one", now=NOW)
    first, second = committed.transaction(), committed.transaction()

    with first as one:
        owned(one, row, "r1")
        with second as two:
            two.execute(text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(Exception, match="lock timeout"):
                owned(two, row, "r2")
            two.rollback()

    with committed.transaction() as session, pytest.raises(NotFound):
        owned(session, row, "r2")


def test_limits_are_settings(files: Files, session: Any) -> None:
    small = Files(replace(files.settings, files_most_pixels=10_000), files.storage)

    with pytest.raises(InvalidFields, match="too-many-pixels"):
        small.store(session, upload(hostile.photo()), uploader="p_one", now=NOW)
