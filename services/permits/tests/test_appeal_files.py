"""Files of an appeal: what the owner handed in with it, until it's decided."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition, NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment
from permits import catalogue, queries
from permits.api.views import history_view
from permits.commands import attach_files, change_permit, handle_appeal, retention
from permits.commands.handle_appeal import Filing
from permits.domain.actors import SYSTEM
from permits.domain.appeals import Against
from permits.domain.files import Of
from permits.domain.insulation import emptied_before
from permits.models import Appeal

Desk = Any


PLOTS = count(8121)  # a new permit beside a cancelled one of the plot names that one


def filed(desk: Desk) -> Appeal:
    """Against a cancellation by the reviewer."""
    permit = desk.issued(land__plots=[str(next(PLOTS))])
    change_permit.cancel_permit(
        desk.work.acting_as(desk.reviewer),
        permit.permit_id,
        reason="بلاغ تحقق منه المهندس",
    )
    filing = Filing(against=Against.CANCELLATION, of=permit.permit_id, grounds="المخطط معتمد")
    return handle_appeal.file(desk.work, filing)


def attach(desk: Desk, row: Appeal, actor: Any = None) -> str:
    scan: str = desk.upload(actor)
    work = desk.work.acting_as(actor or desk.officer)
    attach_files.attach(work, Of.APPEAL, row.appeal_id, [scan])
    return scan


def attached(desk: Desk, row: Appeal) -> list[str]:
    rows = attach_files.files_of(desk.session, Of.APPEAL, row.appeal_id)
    return [one.attachment_id for one in rows]


def withdrawn(desk: Desk, row: Appeal) -> None:
    handle_appeal.withdraw(desk.work, row.appeal_id, reason="تنازل")


def test_a_file_is_attached_read_and_told_with_its_title(desk: Desk) -> None:
    row = filed(desk)
    version = row.version
    scan = attach(desk, row)

    _, name = attach_files.read(desk.work, Of.APPEAL, row.appeal_id, scan)

    assert attached(desk, row) == [scan]
    assert name == f"{row.appeal_number.replace('/', '-')}-{scan[-4:]}"
    assert row.version == version
    rows = queries.history_of_appeal(desk.session, desk.officer, row.appeal_id)
    [_, told, read] = history_view(rows)["items"]
    assert told["changes"][0]["title"]["ar"] == "ملف مرفق بالاعتراض"
    assert read["action"] == "read_file"


def test_a_decided_appeal_keeps_its_files_as_they_are(desk: Desk) -> None:
    row = filed(desk)
    scan = attach(desk, row)
    handle_appeal.reject(desk.work, row.appeal_id, reason="لم يثبت")

    with pytest.raises(IllegalTransition):
        attach(desk, row)
    with pytest.raises(IllegalTransition):
        attach_files.remove(
            desk.work,
            Of.APPEAL,
            row.appeal_id,
            scan,
            reason="خطأ في الإرفاق",
        )
    assert attached(desk, row) == [scan]


def test_another_branch_finds_no_file(desk: Desk, officer_of: Any) -> None:
    row = filed(desk)
    scan = attach(desk, row)
    work = desk.work.acting_as(officer_of("safwa"))

    with pytest.raises(NotFound):
        attach_files.read(work, Of.APPEAL, row.appeal_id, scan)


def test_files_of_a_withdrawn_appeal_go_in_time_and_those_of_a_decided_one_stay(
    desk: Desk,
) -> None:
    taken_back, decided = filed(desk), filed(desk)
    gone, stays = attach(desk, taken_back), attach(desk, decided)
    withdrawn(desk, taken_back)
    handle_appeal.reject(desk.work, decided.appeal_id, reason="لم يثبت")
    days = catalogue.files_kept_days()

    counts = []
    for late in (0, 1, 2):
        later = desk.now + timedelta(days=days + late)
        before = emptied_before(later.date(), days)
        counts.append(retention.empty_files(UnitOfWork(desk.session, SYSTEM, later), before=before))

    assert counts == [0, 1, 0]
    assert (attached(desk, taken_back), attached(desk, decided)) == ([], [stays])
    assert desk.session.get(Attachment, gone) is None
