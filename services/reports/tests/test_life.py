"""A report's way from department to closing: who is told, what the clock does, what is refused."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.core.ids import new_id
from chassis.core.refusals import IllegalTransition, InvalidFields
from chassis.data.aggregates import history
from chassis.data.deadlines import pending
from chassis.data.unit_of_work import UnitOfWork
from reports import queries
from reports.commands import ending, referral, remarks, treatment
from reports.domain.reports import (
    AfterPhotoMissing,
    ReporterUnreachable,
)
from reports.models import NotSolvedToken, Photo, Remark, Report
from saudi.bilingual import Bilingual

from .conftest import DAY, HOUR, NOW, RULE, told, treat


def participles(rows: Any) -> list[str]:
    return [row.type.split(".")[-2] for row in rows]


def test_the_newest_remarks_are_shown_however_many_came_before(
    session: Any, officer: Any, filed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = filed()
    monkeypatch.setattr(queries.reads, "MOST_REMARKS", 2)
    for said in ("أول", "ثان", "ثالث"):
        remarks.add_note(UnitOfWork(session, officer, NOW), report.report_id, text=said)

    shown = queries.remarks_on(session, officer, report.report_id)

    assert [one.body for one in shown] == ["ثان", "ثالث"]


def test_a_report_goes_from_filing_to_closing(
    session: Any, closed: Report, outbox_rows: Any
) -> None:
    assert (closed.status, closed.closed_at) == ("closed", NOW + 2 * HOUR)
    assert closed.reopenable_until == datetime(2026, 11, 30, 20, 59, 59, tzinfo=UTC)
    assert (closed.in_time, closed.working_minutes) == (True, 60)
    assert participles(outbox_rows()) == ["filed", "resolved", "closed"]
    assert [row.version for row in outbox_rows()] == [1, 2, 3]


def test_the_reporter_is_told_of_receipt_and_of_the_end_and_not_of_the_treatment(
    session: Any, closed: Report, outbox_rows: Any
) -> None:
    receipt, treated, end = (told(session, row) for row in outbox_rows())

    assert [(one.role, one.mobile) for one in receipt] == [("reporter", "+966500000001")]
    assert treated == []
    assert [one.role for one in end] == ["reporter"]
    assert receipt[0].token is None
    assert len(end[0].token or "") == 22


def test_danger_tells_the_duty_officer_at_once(
    session: Any, officer: Any, filed: Any, outbox_rows: Any
) -> None:
    from reports.commands.escalation import set_duty_officer

    set_duty_officer(
        UnitOfWork(session, officer, NOW), "drainage", mobile="0500000009", language="ar"
    )

    filed(category="sewage")

    (row,) = outbox_rows()
    assert {one.role: one.mobile for one in told(session, row)} == {
        "reporter": "+966500000001",
        "duty_officer": "+966500000009",
    }


def test_nobody_is_told_who_left_no_mobile(
    session: Any, filed: Any, officer: Any, outbox_rows: Any
) -> None:
    report = filed(channel="call", reporter={}, category="light-out")
    treat(session, officer, report)
    ending.close(UnitOfWork(session, officer, NOW + DAY), report.report_id, rule=RULE)

    assert [told(session, row) for row in outbox_rows()] == [[], [], []]
    assert session.query(NotSolvedToken).count() == 0


def test_a_type_that_asks_for_a_photo_is_not_treated_without_one(
    session: Any, officer: Any, filed: Any
) -> None:
    report = filed(category="pothole")

    with pytest.raises(AfterPhotoMissing):
        treat(session, officer, report)
    assert report.status == "assigned"


def test_a_photo_from_before_a_reopening_shows_no_treatment_after_it(
    session: Any, officer: Any, filed: Any
) -> None:
    report = filed(category="pothole")
    photo = {"report_id": report.report_id, "kind": "after"}
    session.add(Photo(**photo, position=1, attachment_id=new_id(), added_at=NOW + HOUR))
    treat(session, officer, report)
    ending.close(UnitOfWork(session, officer, NOW + 2 * HOUR), report.report_id, rule=RULE)
    ending.reopen(
        UnitOfWork(session, officer, NOW + 3 * HOUR), report.report_id, reason="لا", rule=RULE
    )

    with pytest.raises(AfterPhotoMissing):
        treat(session, officer, report, NOW + 5 * HOUR)

    session.add(Photo(**photo, position=2, attachment_id=new_id(), added_at=NOW + 4 * HOUR))
    assert treat(session, officer, report, NOW + 5 * HOUR).status == "resolved"


def test_the_text_of_the_treatment_is_needed(session: Any, officer: Any, light: Report) -> None:
    with pytest.raises(InvalidFields, match="text"):
        treatment.resolve(UnitOfWork(session, officer, NOW), light.report_id, text=" ")


def test_the_clock_stands_still_while_another_body_has_the_report(
    session: Any, officer: Any, light: Report
) -> None:
    due = light.due_at
    referral.link_external(
        UnitOfWork(session, officer, NOW + HOUR), light.report_id, body="electricity"
    )
    assert (light.status, light.due_at) == ("waiting_external", None)

    treatment.start(UnitOfWork(session, officer, NOW + 5 * HOUR), light.report_id)

    assert (light.status, light.paused_since) == ("in_progress", None)
    assert due is not None
    assert light.due_at == due + 4 * HOUR


def test_a_question_stops_the_clock_and_the_answer_goes_back_to_where_it_was_asked(
    session: Any, officer: Any, light: Report
) -> None:
    due = light.due_at
    treatment.start(UnitOfWork(session, officer, NOW), light.report_id)
    referral.ask(UnitOfWork(session, officer, NOW + HOUR), light.report_id, question="أين العمود؟")
    assert (light.status, light.due_at) == ("waiting_reporter", None)

    referral.answer(
        UnitOfWork(session, officer, NOW + 3 * HOUR), light.report_id, text="عند المسجد"
    )

    assert light.status == "in_progress"
    assert due is not None
    assert light.due_at == due + 2 * HOUR
    session.flush()
    kinds = [one.kind for one in session.query(Remark).order_by(Remark.remark_id)]
    assert kinds == ["question", "answer"]


def test_what_a_citizen_writes_is_not_in_the_journal_which_is_never_emptied(
    session: Any, officer: Any, light: Report
) -> None:
    referral.ask(UnitOfWork(session, officer, NOW), light.report_id, question="أين؟")
    referral.answer(UnitOfWork(session, officer, NOW), light.report_id, text="عند منزلي")

    assert "عند منزلي" not in str(
        [vars(one) for one in history(session, ("report", light.report_id))]
    )


def test_nobody_is_asked_who_left_no_mobile(session: Any, officer: Any, filed: Any) -> None:
    report = filed(channel="call", reporter={}, category="light-out")

    with pytest.raises(ReporterUnreachable):
        referral.ask(UnitOfWork(session, officer, NOW), report.report_id, question="أين؟")


def test_a_note_neither_pauses_nor_resets_the_clock(
    session: Any, officer: Any, light: Report, outbox_rows: Any
) -> None:
    due, version = light.due_at, light.version

    remarks.add_note(UnitOfWork(session, officer, NOW + HOUR), light.report_id, text="خلف المدرسة")

    assert (light.due_at, light.version) == (due, version)
    assert len(outbox_rows()) == 1


def test_a_correction_keeps_the_clock_and_counts_in_the_right_branch(
    session: Any, officer: Any, filed: Any
) -> None:
    report = filed(category="light-out", location={"latitude": 26.57, "longitude": 50.07})
    assert (report.municipality, report.branch_guessed) == ("tarout", True)
    due = report.due_at

    referral.correct(
        UnitOfWork(session, officer, NOW + HOUR), report.report_id, {"location": {"town": "القديح"}}
    )

    assert (report.municipality, report.branch_guessed) == ("qudaih", False)
    assert (report.filed_at, report.due_at) == (NOW, due)


def test_another_type_brings_its_own_service_time_from_filing(
    session: Any, officer: Any, light: Report
) -> None:
    referral.correct(
        UnitOfWork(session, officer, NOW + HOUR), light.report_id, {"category": "exposed-cable"}
    )

    assert (light.due_at, light.priority) == (NOW + 4 * HOUR, "urgent")


def test_a_department_sends_back_what_is_not_its_own(
    session: Any, officer: Any, light: Report
) -> None:
    referral.send_back(UnitOfWork(session, officer, NOW), light.report_id, reason="ليس من اختصاصنا")
    assert (light.status, light.department) == ("classified", None)

    referral.refer(UnitOfWork(session, officer, NOW), light.report_id, department="roads")

    assert (light.status, light.department) == ("assigned", "roads")


def test_a_poor_treatment_goes_back_to_its_department_and_counts_no_reopening(
    session: Any, officer: Any, light: Report, outbox_rows: Any
) -> None:
    due = light.due_at
    treat(session, officer, light)

    referral.send_back(
        UnitOfWork(session, officer, NOW + 2 * HOUR), light.report_id, reason="ما زال مطفأ"
    )

    assert (light.status, light.department) == ("assigned", "lighting")
    assert (light.reopen_count, light.due_at, light.reason) == (0, due, "ما زال مطفأ")
    assert (light.resolved_at, light.in_time, light.working_minutes) == (None, None, None)
    assert participles(outbox_rows()) == ["filed", "resolved", "returned"]
    assert "escalation" in pending(session, "report", light.report_id)
    treat(session, officer, light, NOW + 3 * HOUR)
    assert (light.status, light.working_minutes) == ("resolved", 180)


@pytest.mark.parametrize(
    ("go_on", "status"), [(treatment.start, "in_progress"), (referral.refer, "assigned")]
)
def test_an_officer_withdraws_a_question_that_nobody_answers(
    session: Any, officer: Any, light: Report, go_on: Any, status: str
) -> None:
    due = light.due_at
    referral.ask(UnitOfWork(session, officer, NOW), light.report_id, question="أي عمود؟")

    go_on(UnitOfWork(session, officer, NOW + DAY), light.report_id)

    assert due is not None
    assert (light.status, light.asked_in, light.paused_since) == (status, None, None)
    assert light.due_at == due + DAY
    assert "escalation" in pending(session, "report", light.report_id)


def test_a_question_of_an_unreferred_report_is_withdrawn_by_referral_only(
    session: Any, officer: Any, light: Report
) -> None:
    referral.send_back(UnitOfWork(session, officer, NOW), light.report_id, reason="ليس لنا")
    referral.ask(UnitOfWork(session, officer, NOW), light.report_id, question="أي عمود؟")

    with pytest.raises(IllegalTransition):
        treatment.start(UnitOfWork(session, officer, NOW), light.report_id)


def test_a_report_that_waits_can_be_rejected_or_go_to_another_department(
    session: Any, officer: Any, filed: Any
) -> None:
    asked, linked, moved = (filed(category="light-out").report_id for _ in range(3))
    referral.ask(UnitOfWork(session, officer, NOW), asked, question="أي عمود؟")
    for one in (linked, moved):
        referral.link_external(UnitOfWork(session, officer, NOW), one, body="electricity")

    ended = [
        referral.reject(UnitOfWork(session, officer, NOW), one, reason="ملك خاص")
        for one in (asked, linked)
    ]
    row = referral.refer(UnitOfWork(session, officer, NOW + DAY), moved, department="roads")

    assert [(one.status, one.paused_since) for one in ended] == [("rejected", None)] * 2
    assert (row.status, row.department, row.paused_since) == ("assigned", "roads", None)


def test_work_goes_to_contractors_of_the_list_once_there_is_one(
    session: Any, officer: Any, light: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = replace(treatment.catalogue(), contractors={"al-amal": Bilingual("الأمل", "Al Amal")})
    monkeypatch.setattr(treatment, "catalogue", lambda: listed)
    work, order = UnitOfWork(session, officer, NOW), "استبدال المصباح"

    with pytest.raises(InvalidFields, match="contractor"):
        treatment.start(work, light.report_id, contractor="al-aml", work_order=order)
    treatment.start(work, light.report_id, contractor="al-amal", work_order=order)

    assert light.contractor == "al-amal"


def test_an_unknown_department_is_refused(session: Any, officer: Any, light: Report) -> None:
    with pytest.raises(InvalidFields, match="department-unknown"):
        referral.refer(UnitOfWork(session, officer, NOW), light.report_id, department="moon")


def test_a_rejection_says_why_and_ends_the_report(
    session: Any, officer: Any, light: Report, outbox_rows: Any
) -> None:
    referral.reject(UnitOfWork(session, officer, NOW), light.report_id, reason="ملك خاص")

    assert (light.status, light.reason) == ("rejected", "ملك خاص")
    assert [one.role for one in told(session, outbox_rows()[-1])] == ["reporter"]
    with pytest.raises(IllegalTransition):
        referral.refer(UnitOfWork(session, officer, NOW), light.report_id)


def test_a_refusal_names_what_is_possible(session: Any, officer: Any, closed: Report) -> None:
    with pytest.raises(IllegalTransition) as caught:
        treatment.start(UnitOfWork(session, officer, NOW), closed.report_id)

    assert caught.value.code == "closed"
    assert {one["en"] for one in caught.value.params["next"]} == {"Reopened", "Rated"}


def test_the_deadline_follows_the_clock(session: Any, officer: Any, light: Report) -> None:
    def deadline() -> Any:
        return pending(session, "report", light.report_id).get("escalation")

    assert deadline() == light.due_at
    referral.link_external(
        UnitOfWork(session, officer, NOW + HOUR), light.report_id, body="electricity"
    )
    assert deadline() is None
    treatment.start(UnitOfWork(session, officer, NOW + 2 * HOUR), light.report_id)
    assert deadline() == light.due_at
    treat(session, officer, light, NOW + 3 * HOUR)
    assert deadline() is None
