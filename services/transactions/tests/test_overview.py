"""What a head of department sees: the load, who waits for whom, the month."""

from datetime import date, timedelta
from typing import Any

from transactions import queries
from transactions.commands import move

from .conftest import NOW
from .people import CLERK, ENGINEER, SURVEYOR, SURVEYOR_ELSEWHERE

LATE = NOW + timedelta(days=20)


def test_the_load_counts_what_is_late_returned_and_not_filed(
    entered: Any, work: Any, session: Any
) -> None:
    rows = [entered() for _ in range(4)]
    move.return_for_completion(work(SURVEYOR), rows[0].transaction_id, note="أرفقوا")
    move.decide(work(SURVEYOR), rows[1].transaction_id, outcome="approved", note="لا مانع")
    move.file_away(work(SURVEYOR), rows[2].transaction_id, reason="مكررة")

    (load,) = queries.load_of_departments(session, SURVEYOR, today=LATE.date())

    assert load.department == "survey"
    assert (load.open, load.overdue, load.returned, load.to_file) == (1, 1, 1, 1)
    assert load.oldest_on == date(2026, 11, 29)


def test_a_department_reads_who_waits_for_whom(entered: Any, work: Any, session: Any) -> None:
    row = entered()
    entered()
    move.refer(work(SURVEYOR), row.transaction_id, department="engineering", note="للرأي", within=2)

    def waits(actor: Any) -> list[tuple[Any, ...]]:
        found = queries.waiting_departments(session, actor, today=date(2026, 12, 3))
        return [(one.waits, one.department, one._mapping["count"], one.overdue) for one in found]

    registry = "administrative-communications"
    assert waits(ENGINEER) == [("survey", "engineering", 1, 1)]
    assert waits(SURVEYOR) == [("survey", "engineering", 1, 1), (registry, "survey", 1, 0)]
    assert waits(CLERK) == waits(SURVEYOR)
    assert waits(SURVEYOR_ELSEWHERE) == []


def test_the_registry_waits_for_what_it_entered_and_what_it_referred_on(
    entered: Any, work: Any, session: Any
) -> None:
    rows = [entered(), entered()]
    for row in rows:
        move.refer(
            work(SURVEYOR), row.transaction_id, department="engineering", note="للرأي", within=2
        )
    move.refer(work(CLERK), rows[0].transaction_id, department="survey", note="للرأي", within=2)
    entered()

    found = queries.waiting_departments(session, CLERK, today=NOW.date())

    waits = {(one.waits, one.department): one._mapping["count"] for one in found}
    assert waits == {
        ("administrative-communications", "survey"): 2,
        ("survey", "engineering"): 1,
    }


def test_the_month_counts_what_was_entered_and_what_became_of_it(
    entered: Any, work: Any, session: Any
) -> None:
    rows = [entered(), entered(), entered()]
    entered(at=NOW + timedelta(days=5))  # in December
    move.decide(work(SURVEYOR), rows[0].transaction_id, outcome="refused", note="خارج النطاق")
    move.decide(work(SURVEYOR, LATE), rows[1].transaction_id, outcome="approved", note="لا مانع")

    (month,) = queries.month_table(
        session, SURVEYOR, date(2026, 11, 1), date(2026, 11, 30), today=LATE.date()
    )

    assert (month.municipality, month.department) == ("saihat", "survey")
    assert (month.received, month.with_department, month.refused, month.approved) == (3, 1, 1, 1)
    assert (month.in_time, month.late, month.overdue) == (1, 1, 1)
