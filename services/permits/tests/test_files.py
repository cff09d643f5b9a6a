"""Scans of older permits: who attaches and reads them, what's told of it, and the end of those that nobody attaches."""

import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from inspect import unwrap
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core.context import Context
from chassis.core.refusals import InvalidFields, NotFound
from chassis.data import aggregates
from chassis.files import tidying
from chassis.files.attachments import Attachment, Files
from permits import catalogue, queries
from permits.api.views import history_view
from permits.app import SERVICE
from permits.commands import attach_files, plausibility_warnings
from permits.commands.import_older import enter_one
from permits.domain.actors import DutiesSeparated
from permits.domain.corrections import ChangedMeanwhile
from permits.domain.files import FileVerified, NotOlder, Of
from permits.models import PersonSearch

from . import scans
from .conftest import older_of

Desk = Any


def attach(desk: Desk, permit: Any, *scans_of: str, actor: Any = None) -> None:
    work = desk.work.acting_as(actor or desk.officer)
    attach_files.attach(work, Of.PERMIT, permit.permit_id, scans_of)


def read(desk: Desk, permit: Any, scan: str, actor: Any = None) -> tuple[Attachment, str]:
    work = desk.work.acting_as(actor or desk.officer)
    return attach_files.read(work, Of.PERMIT, permit.permit_id, scan)


def remove(desk: Desk, permit: Any, scan: str) -> None:
    attach_files.remove(
        desk.work,
        Of.PERMIT,
        permit.permit_id,
        scan,
        reason="صورة لرخصة أخرى",
    )


def attached(desk: Desk, permit: Any) -> list[str]:
    rows = attach_files.files_of(desk.session, Of.PERMIT, permit.permit_id)
    return [row.attachment_id for row in rows]


def told(desk: Desk, permit: Any, action: str) -> list[Any]:
    rows = queries.history_of_permit(desk.session, desk.officer, permit.permit_id)
    return [row.details for row in rows if row.action == action]


def looks(desk: Desk) -> list[tuple[str, str, str]]:
    desk.session.flush()
    rows = desk.session.query(PersonSearch).order_by(PersonSearch.search_id)
    return [(row.subject, row.kind, row.reason) for row in rows]


def warned(desk: Desk, permit: Any) -> bool:
    found = plausibility_warnings.warnings_of_permit(desk.session, permit)
    return "source-not-attached" in [one["code"] for one in found]


def test_a_scan_is_attached_at_entry_and_told_in_the_history_without_its_name(
    desk: Desk, house: Any
) -> None:
    scan = desk.upload()
    written = older_of(house())
    written["source"] = {**written["source"], "files": [scan]}

    permit = enter_one.enter(desk.work, written)

    assert attached(desk, permit) == [scan]
    assert permit.source == {"reference": "أرشيف تجريبي، ملف 331"}
    assert told(desk, permit, "attach_file") == [{"source.file": [None, [f"PNG {scan[-4:]}"]]}]
    rows = queries.history_of_permit(desk.session, desk.officer, permit.permit_id)
    [change] = history_view(rows)["items"][-1]["changes"]
    assert (change["title"]["ar"], change["to"]) == ("صورة المستند المصدر", f"PNG {scan[-4:]}")
    assert scans.NAME not in str(history_view(rows))


def test_nothing_of_a_scan_is_published_and_the_version_stays(desk: Desk) -> None:
    permit = desk.older()
    version, before = permit.version, len(desk.published(permit.permit_id))

    scan = desk.upload()
    attach(desk, permit, scan)
    read(desk, permit, scan)
    remove(desk, permit, scan)

    assert (permit.version, len(desk.published(permit.permit_id))) == (version, before)


def test_who_verifies_is_warned_while_there_is_no_scan(desk: Desk) -> None:
    permit = desk.older()
    before = warned(desk, permit)
    attach(desk, permit, desk.upload())
    after = warned(desk, permit)
    bare = desk.verified(desk.older())

    assert (before, after) == (True, False)
    assert warned(desk, bare) is False


def test_what_a_permit_was_verified_by_stays_and_what_came_later_goes(desk: Desk) -> None:
    permit, first, later = desk.older(), desk.upload(), desk.upload()
    attach(desk, permit, first)
    desk.verified(permit)
    attach(desk, permit, later)

    remove(desk, permit, later)

    with pytest.raises(FileVerified):
        remove(desk, permit, first)
    assert attached(desk, permit) == [first]


@pytest.mark.parametrize("left", [True, False])
def test_nobody_verifies_a_permit_by_a_scan_that_was_put_there_unseen(
    desk: Desk, left: bool
) -> None:
    permit, seen = desk.older(), desk.upload()
    attach(desk, permit, seen)
    attach(desk, permit, desk.upload())
    if not left:
        remove(desk, permit, seen)

    for named in ([seen], []):
        with pytest.raises(ChangedMeanwhile):
            enter_one.verify(
                desk.work.acting_as(desk.reviewer),
                permit.permit_id,
                version=permit.version,
                scans=named,
            )


def test_a_removed_scan_is_gone_and_its_reason_stays(desk: Desk) -> None:
    permit, scan = desk.older(), desk.upload()
    attach(desk, permit, scan)

    remove(desk, permit, scan)

    assert desk.session.get(Attachment, scan) is None
    assert told(desk, permit, "remove_file") == [{"source.file": [[f"PNG {scan[-4:]}"], None]}]
    with pytest.raises(NotFound):
        read(desk, permit, scan)


def test_the_same_scan_attached_again_changes_nothing(desk: Desk) -> None:
    permit, scan = desk.older(), desk.upload()
    attach(desk, permit, scan)

    attach(desk, permit, scan)

    assert attached(desk, permit) == [scan]
    assert len(told(desk, permit, "attach_file")) == 1


def test_a_scan_that_somebody_else_sent_isnt_kept_for_the_officer(desk: Desk) -> None:
    permit, scan = desk.older(), desk.upload(desk.reviewer)

    for thing, taken in ((permit, scan), (desk.older(), attach_to_another(desk))):
        with pytest.raises(InvalidFields) as refusal:
            attach(desk, thing, taken)
        assert [(one.field, one.code) for one in refusal.value.faults] == [
            ("files", "upload-not-kept")
        ]


def attach_to_another(desk: Desk) -> str:
    """A scan that belongs to another permit already."""
    scan: str = desk.upload()
    attach(desk, desk.older(), scan)
    return scan


def test_an_officer_of_another_branch_finds_neither_permit_nor_scan(
    desk: Desk, officer_of: Any
) -> None:
    permit, scan = desk.older(), desk.upload()
    attach(desk, permit, scan)
    stranger = officer_of("safwa")

    with pytest.raises(NotFound):
        read(desk, permit, scan, stranger)
    with pytest.raises(NotFound):
        attach(desk, permit, desk.upload(stranger), actor=stranger)
    assert looks(desk) == []


def test_a_scan_of_one_permit_isnt_read_by_another(desk: Desk) -> None:
    scan = attach_to_another(desk)

    with pytest.raises(NotFound):
        read(desk, desk.older(), scan)


def test_a_permit_of_ours_has_no_source(desk: Desk) -> None:
    with pytest.raises(NotOlder):
        attach(desk, desk.issued(), desk.upload())


def test_too_many_scans_are_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "most_files", lambda: 1)
    permit = desk.older()
    attach(desk, permit, desk.upload())

    with pytest.raises(InvalidFields) as refusal:
        attach(desk, permit, desk.upload())
    assert [one.code for one in refusal.value.faults] == ["too-many"]


def test_each_file_is_told_once_an_hour_and_its_permit_counts_as_one_look(desk: Desk) -> None:
    permit, scan, other = desk.older(permit_number="1446/331"), desk.upload(), desk.upload()
    attach(desk, permit, scan, other)
    another = replace(desk.officer, subject="p_other")

    _, name = read(desk, permit, scan)
    read(desk, permit, scan)
    read(desk, permit, other)
    read(desk, permit, scan, another)
    desk.now += timedelta(minutes=61)
    read(desk, permit, scan)

    assert name == f"1446-331-{scan[-4:]}"
    entry = {"attachment_id": scan, "file": f"PNG {scan[-4:]}"}
    beside = {"attachment_id": other, "file": f"PNG {other[-4:]}"}
    look = entry | {"look": True}
    assert told(desk, permit, "read_file") == [look, beside, look, look]
    of_one = ("p_officer", "file", "ملف مرفق: الرخصة 1446/331")
    assert looks(desk) == [of_one, ("p_other", *of_one[1:]), of_one]


def test_who_reads_on_and_on_is_counted_each_hour(desk: Desk) -> None:
    """Each reading is within an hour of the one before."""
    permit, scan, other = desk.older(permit_number="1446/331"), desk.upload(), desk.upload()
    attach(desk, permit, scan, other)

    for one in (scan, other, scan, other):
        read(desk, permit, one)
        desk.now += timedelta(minutes=40)

    assert len(looks(desk)) == 2


def test_no_number_of_readings_hides_who_entered_a_permit(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aggregates, "LONGEST_HISTORY", 2)
    permit, scan = desk.older(), desk.upload()
    attach(desk, permit, scan)
    for reader in ("p_one", "p_two", "p_three"):
        read(desk, permit, scan, replace(desk.officer, subject=reader))

    with pytest.raises(DutiesSeparated):
        enter_one.verify(
            desk.work,
            permit.permit_id,
            version=permit.version,
        )


def test_a_renewal_has_no_scans_of_the_permit_before(desk: Desk) -> None:
    permit = desk.older()
    attach(desk, permit, desk.upload())
    desk.verified(permit)

    renewal = desk.issued(kind="renewal", previous_permit_id=permit.permit_id)

    assert attached(desk, renewal) == []
    assert len(attached(desk, permit)) == 1


def context_of(desk: Desk, now: datetime) -> Context[Any, Any]:
    class Resources:
        files = desk.files

    args: dict[str, Any] = {"settings": None, "resources": Resources(), "now": now}
    return Context(open_session=lambda: desk.session, **args)


def kept(stored: Files, session: Session, scan: str) -> Path:
    """Where the bytes of a scan are."""
    key = session.get_one(Attachment, scan).key
    return stored.settings.files_folder / key[:2] / key


def age(place: Path) -> None:
    """As if nobody had touched it for two hours."""
    past = time.time() - 7_200
    os.utime(place, (past, past))


def test_a_scan_that_nobody_attached_leaves_nothing(desk: Desk) -> None:
    """The sender was killed, or went home."""
    permit, left, used = desk.older(), desk.upload(), desk.upload()
    attach(desk, permit, used)
    places = [kept(desk.files, desk.session, one) for one in (left, used)]
    for place in places:
        age(place)

    early = tidying.drop_unclaimed(context_of(desk, desk.now + timedelta(hours=23)))
    dropped = tidying.drop_unclaimed(context_of(desk, desk.now + timedelta(hours=25)))
    for place in places:
        tidying.collect_orphans_of(context_of(desk, datetime.now(UTC)), place.name[:2])

    assert (early, dropped) == (0, 1)
    assert [place.exists() for place in places] == [False, True]
    assert attached(desk, permit) == [used]


def test_the_work_process_tidies_and_asks_the_scanner() -> None:
    chores = {unwrap(chore) for chore in SERVICE.chores}

    assert {tidying.drop_unclaimed, tidying.collect_orphans} <= chores
    assert SERVICE.workers["scanner"] is tidying.scan


def test_no_row_of_ours_has_the_scans_name(desk: Desk) -> None:
    attach(desk, desk.older(), desk.upload())
    desk.session.flush()

    rows = desk.session.scalars(text("SELECT t::text FROM attached_file t")).all()
    acts = desk.session.scalars(text("SELECT t::text FROM journal t")).all()

    assert "زينب" not in "".join([*rows, *acts])
