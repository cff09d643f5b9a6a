"""A confidential transaction: seen by its department only, and told to nobody."""

from typing import Any

import pytest

from chassis.core.refusals import NotFound
from chassis.data.deadlines import pending
from chassis.data.paging import PageRequest
from transactions import queries
from transactions.commands import move
from transactions.commands.applicants import find_by_applicant
from transactions.commands.letters import issue_letter
from transactions.domain.access import ConfidentialNotReturned
from transactions.queries import Search

from .conftest import NOW
from .people import (
    CLERK,
    GOVERNORATE,
    OWNER,
    STAFF_OFFICER,
    SURVEYOR,
)

EVERYBODY_ELSE = (CLERK, GOVERNORATE, SURVEYOR)


@pytest.fixture
def row(entered: Any) -> Any:
    return entered(kind="staff-inquiry", concerns=[{"kind": "report", "number": "1448000001"}])


def seen_by(session: Any, actor: Any) -> list[str]:
    page = PageRequest(limit=50, cursor=None, organisation="o", secret=b"s" * 32)
    found = queries.list_transactions(session, actor, Search(), page, today=NOW.date())
    return [one.transaction_id for one in found.rows]


def test_its_department_alone_sees_it(row: Any, session: Any) -> None:
    assert seen_by(session, STAFF_OFFICER) == [row.transaction_id]
    for actor in EVERYBODY_ELSE:
        assert seen_by(session, actor) == []
        with pytest.raises(NotFound):
            queries.get_transaction(session, actor, row.transaction_id)


def test_after_a_referral_the_first_department_sees_it_no_more(
    row: Any, session: Any, work: Any
) -> None:
    move.refer(
        work(STAFF_OFFICER), row.transaction_id, department="legal", note="للرأي", within=None
    )

    assert seen_by(session, STAFF_OFFICER) == []


def test_the_registry_does_not_refer_it(row: Any, work: Any) -> None:
    with pytest.raises(NotFound):
        move.refer(
            work(CLERK), row.transaction_id, department="legal", note="لم يتصرف أحد", within=None
        )


def test_no_event_tells_what_or_whom_it_concerns(row: Any, work: Any, outbox_rows: Any) -> None:
    transaction_id = row.transaction_id
    move.decide(work(STAFF_OFFICER), transaction_id, outcome="replied", note="تم")
    move.file_away(work(STAFF_OFFICER), transaction_id, reason="انتهت")

    events = [one.envelope["data"] for one in outbox_rows()]
    assert len(events) == 3
    for data in events:
        assert data["confidential"]
        for name in ("kind", "kind_name", "kind_name_en", "department"):
            assert data[name] is None
        assert (data["concerns"], data["contacts"]) == ([], [])
        inquiry = data["inquiry"]
        assert (inquiry["match"], inquiry["subjects"]) == ([], [])
        assert inquiry["department"] is None


def test_its_applicant_finds_it_nowhere(row: Any, session: Any, work: Any) -> None:
    page = PageRequest(limit=50, cursor=None, organisation="o", secret=b"s" * 32)

    assert queries.my_transactions(session, OWNER.citizen(), page).rows == []
    with pytest.raises(NotFound):
        queries.my_transaction(session, OWNER.citizen(), row.transaction_id)
    with pytest.raises(NotFound):
        move.withdraw_own(work(OWNER), OWNER.citizen(), row.transaction_id)


def test_a_search_by_the_applicants_number_finds_it_for_its_department_only(
    row: Any, work: Any
) -> None:
    found = {
        actor.subject: len(find_by_applicant(work(actor), OWNER.id_number, reason="حضر دون رقم"))
        for actor in (STAFF_OFFICER, *EVERYBODY_ELSE)
    }

    assert [one for one, count in found.items() if count] == [STAFF_OFFICER.subject]


def test_counts_of_other_departments_leave_it_out(row: Any, session: Any) -> None:
    today = NOW.date()

    assert [
        one.open for one in queries.load_of_departments(session, STAFF_OFFICER, today=today)
    ] == [1]
    assert queries.load_of_departments(session, CLERK, today=today) == []
    assert queries.month_table(session, GOVERNORATE, today, today, today=today) == []


def test_it_is_not_returned_and_the_clock_never_files_it(
    row: Any, session: Any, work: Any, happened: Any
) -> None:
    with pytest.raises(ConfidentialNotReturned), session.begin_nested():
        move.return_for_completion(work(STAFF_OFFICER), row.transaction_id, note="للاستكمال")
    session.refresh(row)

    assert row.status == "with_department"
    assert pending(session, "transaction", row.transaction_id) == {}
    assert happened() == ["entered"]


def test_its_department_records_its_withdrawal(row: Any, work: Any) -> None:
    for actor in EVERYBODY_ELSE:
        with pytest.raises(NotFound):
            move.withdraw_at_counter(work(actor), row.transaction_id, reason="رغب مقدمها")

    move.withdraw_at_counter(work(STAFF_OFFICER), row.transaction_id, reason="رغب مقدمها")

    assert row.status == "withdrawn"


def test_its_letter_is_issued_by_its_department(row: Any, work: Any) -> None:
    body = {"subject": "طلب إفادة", "body": "نأمل الإفادة.", "recipient": "جهة تجريبية"}

    with pytest.raises(NotFound):
        issue_letter(work(CLERK), row.transaction_id, body)
    letter = issue_letter(work(STAFF_OFFICER), row.transaction_id, body)

    assert letter.letter_no == "1448046000001"
