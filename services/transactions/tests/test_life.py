"""The life of a transaction, by its commands: each move in the history, in the journal and as an event."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition, InvalidFields, NotFound
from chassis.data.aggregates import history
from chassis.data.deadlines import pending
from saudi.days import legal_day
from transactions import queries
from transactions.commands import applicants, move
from transactions.commands.enter import enter, enter_own
from transactions.domain.access import CLOCK, DecisionOwed, OtherDepartment
from transactions.queries import movements_of

from .conftest import NOW
from .people import (
    CLERK,
    DELEGATE,
    ENGINEER,
    OWNER,
    SHOP,
    STRANGER,
    SURVEYOR,
    SURVEYOR_ELSEWHERE,
    entry,
    own_entry,
    registrar,
)

DAY = timedelta(days=1)


def refer(work: Any, row: Any, department: str = "engineering", within: int | None = None) -> Any:
    return move.refer(
        work(SURVEYOR), row.transaction_id, department=department, note="للرأي", within=within
    )


def test_an_entry_has_its_number_its_department_and_its_due_day(entered: Any) -> None:
    row = entered()

    assert row.number == "1448047000001"
    assert (row.department, row.status) == ("survey", "with_department")
    assert (row.entered_on, row.due_on) == (date(2026, 11, 29), date(2026, 12, 13))


def test_numbers_of_a_branch_follow_each_other_and_branches_do_not_share_them(
    entered: Any,
) -> None:
    governorate = entered(by=registrar("qatif"), municipality="tarout").number

    assert [entered().number, entered().number] == ["1448047000001", "1448047000002"]
    assert governorate == "1448057000001"


def test_a_refused_entry_uses_up_no_number(entered: Any, file: Any, session: Any) -> None:
    with pytest.raises(InvalidFields, match="document-not-sent"), session.begin_nested():
        entered(documents=[{"attachment_id": file(SURVEYOR)}])

    assert entered().number == "1448047000001"


def test_a_clerk_enters_nothing_for_another_branch(work: Any) -> None:
    with pytest.raises(InvalidFields, match="municipality: other-municipality"):
        enter(work(CLERK), entry(municipality="tarout"))


def test_an_entry_tells_the_applicant_and_an_event(entered: Any, outbox_rows: Any) -> None:
    row = entered()

    (event,) = outbox_rows()
    data = event.envelope["data"]
    assert event.type == "sa.gov.qatif.transactions.transaction.entered.v1"
    assert (data["number"], data["kind"]) == (row.number, "survey-decision")
    assert [one["role"] for one in data["contacts"]] == ["applicant"]
    assert {one["by"] for one in data["inquiry"]["match"]} == {"mobile", "person_id"}
    assert "بيانات تجريبية" not in str(event.envelope)


def test_a_referral_gives_the_transaction_to_the_other_department(
    entered: Any, work: Any, happened: Any
) -> None:
    row = refer(work, entered(), within=3)

    assert (row.department, row.referred_by) == ("engineering", "survey")
    assert row.departments == ["survey", "engineering"]
    assert row.step_due_on == date(2026, 12, 2)
    assert happened() == ["entered", "referred"]


def test_a_step_is_due_with_the_transaction_at_the_latest(entered: Any, work: Any) -> None:
    assert refer(work, entered(), within=200).step_due_on == date(2026, 12, 13)
    assert refer(work, entered()).step_due_on == date(2026, 12, 13)


def test_a_department_refers_what_it_has_and_nothing_else(entered: Any, work: Any) -> None:
    row = refer(work, entered())

    with pytest.raises(OtherDepartment):
        refer(work, row, "legal")
    with pytest.raises(NotFound):
        move.refer(
            work(SURVEYOR_ELSEWHERE),
            row.transaction_id,
            department="legal",
            note="للرأي",
            within=None,
        )


@pytest.mark.parametrize(
    ("department", "code"), [("survey", "same-department"), ("nowhere", "department-unknown")]
)
def test_a_referral_leads_to_another_department_of_the_list(
    entered: Any, work: Any, department: str, code: str
) -> None:
    with pytest.raises(InvalidFields, match=code):
        refer(work, entered(), department)


def test_a_return_waits_for_the_applicant_and_an_answer_moves_the_due_day(
    entered: Any, work: Any, session: Any, happened: Any
) -> None:
    row = entered(documents=[])
    move.return_for_completion(work(SURVEYOR), row.transaction_id, note="أرفقوا الصك")
    assert row.answer_until == date(2026, 12, 29)
    assert list(pending(session, "transaction", row.transaction_id)) == ["lapse"]

    later = work(OWNER, NOW + 7 * DAY)
    move.answer_own(later, OWNER.citizen(), row.transaction_id, text="أرفقت", documents=[])

    assert (row.status, row.department) == ("with_department", "survey")
    assert (row.waited_days, row.due_on) == (5, date(2026, 12, 20))
    assert pending(session, "transaction", row.transaction_id) == {}
    assert happened() == ["entered", "returned", "answered"]


def test_an_answer_brings_the_paper_that_was_missing(entered: Any, work: Any, file: Any) -> None:
    row = entered()
    move.return_for_completion(work(SURVEYOR), row.transaction_id, note="أرفقوا الصك")
    deed = [{"attachment_id": file(OWNER), "paper": "deed"}]

    move.answer_own(work(OWNER), OWNER.citizen(), row.transaction_id, text="تم", documents=deed)

    assert row.missing == ["identity", "sketch"]


def test_a_clerk_records_what_the_applicant_brought(entered: Any, work: Any) -> None:
    row = entered()
    move.return_for_completion(work(SURVEYOR), row.transaction_id, note="أرفقوا الصك")

    move.answer_at_counter(work(CLERK), row.transaction_id, text="أحضر الصك", documents=[])

    assert row.status == "with_department"


def test_a_decision_is_in_time_until_the_due_day_is_over(entered: Any, work: Any) -> None:
    outcomes = []
    for at in (NOW + 14 * DAY, NOW + 15 * DAY):
        row = entered()
        move.decide(work(SURVEYOR, at), row.transaction_id, outcome="approved", note="لا مانع")
        outcomes.append((legal_day(at), row.status, row.in_time))

    assert outcomes == [
        (date(2026, 12, 13), "approved", True),
        (date(2026, 12, 14), "approved", False),
    ]


def test_a_decided_transaction_is_filed_and_then_never_moves(entered: Any, work: Any) -> None:
    row = entered()
    move.decide(work(SURVEYOR), row.transaction_id, outcome="refused", note="خارج النطاق")

    move.file_away(work(SURVEYOR), row.transaction_id, reason="انتهت")

    assert (row.status, row.outcome) == ("filed", "refused")
    with pytest.raises(IllegalTransition):
        move.note(work(SURVEYOR), row.transaction_id, text="ملاحظة")
    with pytest.raises(IllegalTransition):
        move.withdraw_own(work(OWNER), OWNER.citizen(), row.transaction_id)


@pytest.mark.parametrize("is_decided", [False, True])
def test_who_is_filed_without_a_decision_is_told_and_reads_why(
    entered: Any, work: Any, session: Any, outbox_rows: Any, is_decided: bool
) -> None:
    row = entered()
    if is_decided:
        move.decide(work(SURVEYOR), row.transaction_id, outcome="refused", note="خارج النطاق")

    move.file_away(work(SURVEYOR), row.transaction_id, reason="قُدمت من قبل برقم آخر")

    filed = outbox_rows()[-1].envelope["data"]
    *_, last = movements_of(session, row.transaction_id)
    assert (filed["contacts"] == [], last.shown) == (is_decided, not is_decided)
    assert filed["inquiry"]["due_on"] is None


def test_the_clock_files_what_nobody_completed(entered: Any, work: Any, outbox_rows: Any) -> None:
    row = entered()
    move.return_for_completion(work(SURVEYOR), row.transaction_id, note="أرفقوا الصك")

    assert move.lapse(work(CLOCK, NOW + 29 * DAY), row.transaction_id) is None
    move.lapse(work(CLOCK, NOW + 31 * DAY), row.transaction_id)

    assert (row.status, row.reason_code) == ("filed", "not-completed")
    last = outbox_rows()[-1].envelope["data"]
    assert [one["role"] for one in last["contacts"]] == ["applicant"]


def test_a_deadline_that_fires_late_does_nothing_to_an_answered_transaction(
    entered: Any, work: Any
) -> None:
    row = entered()
    move.return_for_completion(work(SURVEYOR), row.transaction_id, note="أرفقوا الصك")
    move.answer_own(work(OWNER), OWNER.citizen(), row.transaction_id, text="تم", documents=[])

    assert move.lapse(work(CLOCK, NOW + 31 * DAY), row.transaction_id) is None
    assert row.status == "with_department"


def test_a_note_is_no_event_and_the_applicant_does_not_read_it(
    entered: Any, work: Any, session: Any, happened: Any
) -> None:
    row = entered()

    move.note(work(SURVEYOR), row.transaction_id, text="انظروا الملف السابق")

    (_, noted) = movements_of(session, row.transaction_id)
    assert (noted.action, noted.shown, noted.text) == ("note", False, "انظروا الملف السابق")
    assert happened() == ["entered"]


def test_a_citizen_reaches_nothing_of_another_person(entered: Any, work: Any) -> None:
    row = entered()

    with pytest.raises(NotFound):
        move.withdraw_own(work(STRANGER), STRANGER.citizen(), row.transaction_id)


def test_a_delegate_withdraws_what_the_establishment_entered(work: Any) -> None:
    delegate = DELEGATE.citizen()
    row = enter_own(work(DELEGATE), delegate, own_entry(establishment=SHOP))

    move.withdraw_own(work(DELEGATE), delegate, row.transaction_id)

    assert row.status == "withdrawn"


def test_what_a_person_entered_is_not_filed_before_it_was_decided(work: Any) -> None:
    row = enter_own(work(OWNER), OWNER.citizen(), own_entry())
    officer = replace(SURVEYOR, departments=row.department)

    with pytest.raises(DecisionOwed):
        move.file_away(work(officer), row.transaction_id, reason="حفظ")
    move.decide(work(officer), row.transaction_id, outcome="replied", note="أفدنا")
    move.file_away(work(officer), row.transaction_id, reason="انتهت")

    assert (row.status, row.outcome) == ("filed", "replied")


def test_the_registry_refers_on_what_a_department_leaves_lying(
    entered: Any, work: Any, session: Any
) -> None:
    row = entered()
    move.refer(
        work(CLERK), row.transaction_id, department="legal", note="لم يتصرف أحد", within=None
    )

    assert (row.department, row.referred_by) == ("legal", "administrative-communications")
    last = movements_of(session, row.transaction_id)[-1]
    assert (last.action, last.text, last.subject) == ("refer", "لم يتصرف أحد", CLERK.subject)


def test_the_registry_of_another_branch_refers_nothing(entered: Any, work: Any) -> None:
    with pytest.raises(NotFound):
        move.refer(
            work(registrar("tarout")),
            entered().transaction_id,
            department="legal",
            note="لم يتصرف أحد",
            within=None,
        )


def test_the_registry_and_the_department_that_has_it_record_a_withdrawal(
    entered: Any, work: Any
) -> None:
    for by in (CLERK, SURVEYOR):
        row = entered()
        move.withdraw_at_counter(work(by), row.transaction_id, reason="رغب مقدمها")
        assert row.status == "withdrawn"

    with pytest.raises(OtherDepartment):
        move.withdraw_at_counter(
            work(SURVEYOR), refer(work, entered()).transaction_id, reason="رغب مقدمها"
        )


def test_every_move_stands_in_the_history_and_the_journal_holds_no_text(
    entered: Any, work: Any, session: Any
) -> None:
    row = refer(work, entered())
    move.return_for_completion(work(ENGINEER), row.transaction_id, note="أرفقوا الصك")
    move.answer_own(work(OWNER), OWNER.citizen(), row.transaction_id, text="تم", documents=[])
    move.decide(work(ENGINEER), row.transaction_id, outcome="replied", note="أفدنا")
    move.file_away(work(ENGINEER), row.transaction_id, reason="انتهت")
    applicants.find_by_applicant(work(CLERK), OWNER.id_number, reason="حضر دون رقم")
    applicants.reveal_applicant(work(ENGINEER), row.transaction_id, reason="للاتصال به")

    moves = movements_of(session, row.transaction_id)
    entries = history(session, ("transaction", row.transaction_id))
    expected = ["enter", "refer", "return", "answer", "reply", "file", "search", "reveal"]
    assert [one.action for one in moves] == expected
    assert [one.action for one in entries] == expected
    assert [one.version for one in entries] == [1, 2, 3, 4, 5, 6, 6, 6]
    assert {one.note for one in entries} == {None}
    assert (moves[1].from_department, moves[1].to_department) == ("survey", "engineering")
    assert moves[2].to_department is None, "a return goes to the applicant"


def test_a_search_finds_the_newest_and_notes_a_look_at_no_other(
    entered: Any, work: Any, session: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(applicants, "MOST_FOUND", 1)
    older, newer = entered(), entered()

    found = applicants.find_by_applicant(work(CLERK), OWNER.id_number, reason="حضر دون رقم")

    looks = [
        movements_of(session, one.transaction_id, actions=["search"]) for one in (older, newer)
    ]
    last = max((older, newer), key=lambda row: (row.entered_at, row.transaction_id))
    assert [one.transaction_id for one in found] == [last.transaction_id]
    assert sorted(len(one) for one in looks) == [0, 1]


def test_a_long_history_keeps_its_newest_moves(
    entered: Any, work: Any, session: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(queries, "MOST_MOVES", 2)
    row = entered()
    move.note(work(SURVEYOR), row.transaction_id, text="الأولى")
    move.note(work(SURVEYOR), row.transaction_id, text="الثانية")

    assert [one.text for one in movements_of(session, row.transaction_id)] == ["الأولى", "الثانية"]
