"""Files of papers that were handed in with a request: they come and go with the paper, and stay with the request that a
permit was issued of."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition, InvalidFields, NotFound
from chassis.files.attachments import Attachment
from permits import catalogue, queries
from permits.api.views import history_view
from permits.commands import attach_files, handle_appeal, issue, retention, review
from permits.commands.handle_appeal import Filing
from permits.domain.actors import SYSTEM
from permits.domain.appeals import Against
from permits.domain.files import Of
from permits.domain.insulation import emptied_before

from .things import REVIEWED

Desk = Any
REPORT, DRAWINGS = "survey-report", "drawings"
DAYS = catalogue.files_kept_days()


def handed_in(desk: Desk, request: Any, *codes: str) -> Any:
    for code in codes or (REPORT,):
        brought = attach_files.HandedInPaper(code=code, reference="ملف 331")
        attach_files.hand_in(desk.work, request.request_id, brought)
    return request


def attach(desk: Desk, request: Any, code: str = REPORT, scan: str | None = None) -> str:
    sent: str = scan or desk.upload()
    attach_files.attach(
        desk.work,
        Of.REQUEST,
        request.request_id,
        [sent],
        code=code,
    )
    return sent


def remove(desk: Desk, request: Any, scan: str) -> None:
    attach_files.remove(
        desk.work,
        Of.REQUEST,
        request.request_id,
        scan,
        reason="صورة لرخصة أخرى",
    )


def attached(desk: Desk, request: Any) -> list[tuple[str | None, str]]:
    rows = attach_files.files_of(desk.session, Of.REQUEST, request.request_id)
    return [(row.code, row.attachment_id) for row in rows]


def empty(desk: Desk, on: date) -> int:
    """What the chore does on a day."""
    before = emptied_before(on, DAYS)
    return retention.empty_files(desk.work.acting_as(SYSTEM), before=before)


def rejected(desk: Desk) -> Any:
    """With a file of its report."""
    request = handed_in(desk, desk.submit())
    attach(desk, request)
    desk.take(request, *REVIEWED)
    return review.reject(
        desk.work.acting_as(desk.reviewer),
        request.request_id,
        reason="المخطط غير معتمد",
    )


def test_a_file_is_of_its_paper_and_the_history_has_the_papers_title(desk: Desk) -> None:
    request = handed_in(desk, desk.submit(), REPORT, DRAWINGS)
    version = request.version

    scan = attach(desk, request, DRAWINGS)

    assert attached(desk, request) == [(DRAWINGS, scan)]
    assert request.version == version
    rows = queries.history_of_request(desk.session, desk.officer, request.request_id)
    [change] = history_view(rows)["items"][-1]["changes"]
    assert change["title"] == catalogue.paper_title(DRAWINGS)
    assert change["to"] == f"PNG {scan[-4:]}"


def test_a_paper_that_wasnt_handed_in_takes_no_file(desk: Desk) -> None:
    request = handed_in(desk, desk.submit())

    with pytest.raises(InvalidFields) as refusal:
        attach(desk, request, DRAWINGS)

    assert [(one.field, one.code) for one in refusal.value.faults] == [
        ("code", "paper-not-handed-in")
    ]


def test_a_file_of_one_paper_isnt_attached_to_another(desk: Desk) -> None:
    request = handed_in(desk, desk.submit(), REPORT, DRAWINGS)
    scan = attach(desk, request)

    with pytest.raises(NotFound):
        attach(desk, request, DRAWINGS, scan)


def test_a_paper_that_goes_back_takes_its_files_along_and_no_others(desk: Desk) -> None:
    request = handed_in(desk, desk.submit(), REPORT, DRAWINGS)
    gone, stays = attach(desk, request), attach(desk, request, DRAWINGS)

    attach_files.take_back(
        desk.work,
        request.request_id,
        code=REPORT,
        reason="التقرير لقطعة أخرى",
    )

    assert attached(desk, request) == [(DRAWINGS, stays)]
    assert desk.session.get(Attachment, gone) is None
    rows = queries.history_of_request(desk.session, desk.officer, request.request_id)
    assert [row.action for row in rows][-2:] == ["take_back_paper", "remove_file"]
    assert rows[-1].details == {f"papers.{REPORT}": [[f"PNG {gone[-4:]}"], None]}


def test_a_paper_recorded_again_keeps_its_files(desk: Desk) -> None:
    request = handed_in(desk, desk.submit())
    scan = attach(desk, request)

    brought = attach_files.HandedInPaper(code=REPORT, reference="ملف 332")
    attach_files.hand_in(desk.work, request.request_id, brought)

    assert attached(desk, request) == [(REPORT, scan)]


def test_files_neither_come_nor_go_after_the_end(desk: Desk) -> None:
    request = handed_in(desk, desk.submit())
    scan = attach(desk, request)
    desk.take(request, "cancel_request")

    with pytest.raises(IllegalTransition):
        attach(desk, request)
    with pytest.raises(IllegalTransition):
        remove(desk, request, scan)
    assert attached(desk, request) == [(REPORT, scan)]


def test_files_of_a_request_that_came_to_nothing_are_deleted_in_time(desk: Desk) -> None:
    request, today = rejected(desk), desk.now.date()
    [(_, scan)] = attached(desk, request)
    version, told = request.version, len(desk.published(request.request_id))

    counts = [empty(desk, today + timedelta(days=DAYS + late)) for late in (0, 1, 2)]

    assert counts == [0, 1, 0]
    assert attached(desk, request) == []
    assert desk.session.get(Attachment, scan) is None
    assert [one.reference for one in request.papers] == ["ملف 331"]
    assert (request.version, len(desk.published(request.request_id))) == (version, told)
    rows = queries.history_of_request(desk.session, desk.officer, request.request_id)
    assert (rows[-1].action, rows[-1].subject) == ("empty_files", "retention")
    assert rows[-1].details["files"] == 1


def test_files_wait_for_an_appeal_that_nobody_has_decided(desk: Desk) -> None:
    request = rejected(desk)
    late = desk.now.date() + timedelta(days=DAYS + 1)
    filing = Filing(against=Against.REJECTION, of=request.request_id, grounds="المخطط معتمد")
    appeal = handle_appeal.file(desk.work, filing)

    waiting = empty(desk, late)
    handle_appeal.reject(desk.work, appeal.appeal_id, reason="لم يثبت")

    assert (waiting, empty(desk, late)) == (0, 1)


def test_files_of_a_request_that_goes_on_or_was_issued_stay(desk: Desk) -> None:
    open_one, issued = handed_in(desk, desk.submit()), handed_in(desk, desk.submit())
    for request in (open_one, issued):
        attach(desk, request)
    desk.take(issued, *REVIEWED, "approve")
    desk.pay(desk.bill(issued))
    issue.issue_permit(desk.work, issued.request_id)

    assert empty(desk, desk.now.date() + timedelta(days=4 * DAYS)) == 0
    assert [len(attached(desk, one)) for one in (open_one, issued)] == [1, 1]
