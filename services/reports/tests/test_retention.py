"""Two years after its end a report tells no more who its reporter was, and says so to whoever keeps a copy."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.core.uploads import Upload
from chassis.data.aggregates import history
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import attachments_of, uploader_of
from reports.app import SERVICE
from reports.commands import ending, photos, referral, remarks, retention, treatment
from reports.domain.actors import RETENTION
from reports.domain.reports import Reopening
from reports.models import AFTER, BEFORE, NotSolvedToken, Photo, Remark, Report

from .test_photos import picture

RULE = Reopening(timedelta(days=5), 2)
YEARS = timedelta(days=730)


@pytest.fixture
def closed(session: Any, filed: Any, officer: Any, now: datetime, context: Any) -> Report:
    """A closed report with all that can be known of its reporter."""
    row: Report = filed(category="light-out", extra={})
    files = context.resources.files
    photo = files.store(
        session, Upload("علي.jpg", "", picture()), uploader=uploader_of(officer), now=now
    )
    photos.claim_for_new(session, row.report_id, {uploader_of(officer): [photo.attachment_id]})
    photos.put(session, row.report_id, [photo.attachment_id], BEFORE, now=now)
    referral.ask(UnitOfWork(session, officer, now), row.report_id, question="SECRET-QUESTION")
    referral.answer(UnitOfWork(session, officer, now), row.report_id, text="SECRET-ANSWER")
    remarks.add_note(UnitOfWork(session, officer, now), row.report_id, text="SECRET-NOTE")
    treatment.resolve(UnitOfWork(session, officer, now), row.report_id, text="استُبدل")
    ending.close(UnitOfWork(session, officer, now), row.report_id, rule=RULE)
    return row


def empty(session: Any, closed: Report, after: timedelta) -> int:
    now = closed.closed_at + after
    return retention.empty_old(UnitOfWork(session, RETENTION, now), before=now - YEARS)


def test_nothing_is_emptied_before_its_time(session: Any, closed: Report) -> None:
    assert empty(session, closed, YEARS) == 0
    assert closed.mobile == "+966500000001"


def test_nothing_that_tells_of_the_reporter_is_left(
    session: Any, closed: Report, outbox_rows: Any
) -> None:
    assert empty(session, closed, YEARS + timedelta(seconds=1)) == 1

    session.expire_all()
    assert (closed.reporter, closed.mobile_key, closed.description) == (None, None, None)
    assert (closed.question, closed.landmark, closed.extra) == (None, None, {})
    assert {one.body for one in session.query(Remark)} == {""}
    assert session.query(NotSolvedToken).count() == 0
    assert (
        attachments_of(session, "report", [closed.report_id]) == []
    )  # its file goes with those that nothing claims
    assert session.query(Photo).count() == 0
    assert closed.resolution == "استُبدل"


def test_a_released_picture_stays_without_its_name_and_its_place(
    session: Any, closed: Report, officer: Any, now: datetime
) -> None:
    (photo,) = session.query(Photo)
    photos.release(UnitOfWork(session, officer, now), closed.report_id, photo.attachment_id)

    empty(session, closed, YEARS + timedelta(seconds=1))

    (file,) = attachments_of(session, "report", [closed.report_id])
    assert (file.name, file.position) == ("", None)


def test_a_paper_goes_also_when_it_showed_the_treatment(
    session: Any, closed: Report, officer: Any, now: datetime
) -> None:
    (photo,) = session.query(Photo)
    photo.kind = AFTER
    (file,) = attachments_of(session, "report", [closed.report_id])
    file.media_type = "application/pdf"
    session.flush()

    empty(session, closed, YEARS + timedelta(seconds=1))

    assert attachments_of(session, "report", [closed.report_id]) == []


def test_why_a_reporter_had_it_opened_again_is_not_kept(
    session: Any, closed: Report, officer: Any, now: datetime
) -> None:
    ending.reopen(
        UnitOfWork(session, officer, now), closed.report_id, reason="SECRET-REASON", rule=RULE
    )
    treatment.resolve(UnitOfWork(session, officer, now), closed.report_id, text="استُبدل")
    ending.close(UnitOfWork(session, officer, now), closed.report_id, rule=RULE)

    empty(session, closed, YEARS + timedelta(seconds=1))

    assert closed.reason is None


def test_it_is_recorded_and_told_with_nobody_to_tell_and_nothing_to_find_it_by(
    session: Any, closed: Report, outbox_rows: Any
) -> None:
    empty(session, closed, YEARS + timedelta(days=1))

    last = outbox_rows()[-1]
    assert last.type.endswith("report.emptied.v1")
    assert last.version == closed.version
    assert last.envelope["data"]["contacts"] == []
    assert last.envelope["data"]["inquiry"]["match"] == []
    entry = history(session, ("report", closed.report_id))[-1]
    assert (entry.action, entry.subject) == ("empty", "retention")


def test_a_reporter_that_does_not_open_is_emptied_too(session: Any, closed: Report) -> None:
    after, report_id = YEARS + timedelta(days=1), closed.report_id
    session.execute(text("UPDATE report SET reporter = '\\x00'"))
    moment = closed.closed_at
    session.expunge_all()

    assert (
        retention.empty_old(
            UnitOfWork(session, RETENTION, moment + after), before=moment + timedelta(1)
        )
        == 1
    )
    assert session.get_one(Report, report_id).reporter is None


def test_it_happens_once(session: Any, closed: Report) -> None:
    after = YEARS + timedelta(days=1)

    assert [empty(session, closed, after) for _ in range(2)] == [1, 0]


def test_an_open_report_is_never_too_old(session: Any, filed: Any, now: datetime) -> None:
    row = filed()

    assert (
        retention.empty_old(
            UnitOfWork(session, RETENTION, now + 10 * YEARS), before=now + 10 * YEARS
        )
        == 0
    )
    assert row.mobile is not None


def test_the_work_process_does_it_by_itself(
    session: Any, closed: Report, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.app.timedelta", lambda days: timedelta(0))

    for chore in SERVICE.chores:
        chore(context)

    assert closed.emptied_at is not None
