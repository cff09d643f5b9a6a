"""Reports of one thing: suggested when they're near, ended together, split with both clocks as they were."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.core.refusals import IllegalTransition
from chassis.core.times import rfc3339
from chassis.data.aggregates import history
from chassis.data.deadlines import pending
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from reports import queries
from reports.commands import duplicates, ending, escalation, referral, treatment
from reports.domain.actors import SERVICE_CLOCK
from reports.domain.reports import DuplicateNotPossible, Reopening
from reports.models import Report

RULE = Reopening(timedelta(days=5), 2)
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATITUDE, LONGITUDE = 26.4834, 50.0468
HUNDRED_METRES = 100 / 111_320


@pytest.fixture
def light(filed: Any) -> Any:
    """Files a street light so many metres north, at a time."""

    def file(metres: float = 0, at: datetime = NOW, **changes: Any) -> Report:
        location = {"latitude": LATITUDE + metres * HUNDRED_METRES / 100, "longitude": LONGITUDE}
        report: Report = filed(
            at=at, **{"category": "light-out", "location": {"town": "سيهات", **location}, **changes}
        )
        return report

    return file


def mark(
    session: Any, officer: Any, report: Report, main: Report, note: str | None = None
) -> Report:
    return duplicates.mark_duplicate(
        UnitOfWork(session, officer, NOW + 2 * HOUR),
        report.report_id,
        main_id=main.report_id,
        note=note,
    )


def test_reports_within_250_metres_of_the_same_category_are_suggested_nearest_first(
    session: Any, officer: Any, light: Any
) -> None:
    here, far, near, other = light(), light(240), light(90), light(10, category="litter")
    outside = light(260)

    found = queries.duplicates_near(session, officer, here.report_id, metres=250)

    assert [(row.report_id, round(metres, -1)) for row, metres in found] == [
        (near.report_id, 90),
        (far.report_id, 240),
    ]
    assert other.status == outside.status == "assigned"


@pytest.mark.parametrize(
    ("unlike", "metres", "category"),
    [("other-category", 0, "litter"), ("too-far", 300, "light-out")],
)
def test_a_main_report_that_is_unlike_needs_a_note_that_says_why(
    session: Any, officer: Any, light: Any, unlike: str, metres: float, category: str
) -> None:
    main, report = light(), light(metres, category=category)
    work, given = UnitOfWork(session, officer, NOW), {"main_id": main.report_id, "metres": 250}

    with pytest.raises(DuplicateNotPossible) as refused:
        duplicates.mark_duplicate(work, report.report_id, **given)
    duplicates.mark_duplicate(work, report.report_id, note="العمود نفسه", **given)

    assert refused.value.code == unlike
    assert report.main_number == main.report_number
    assert history(session, ("report", report.report_id))[-1].details == {
        "main": main.report_number,
        "unlike": [unlike],
    }


def test_what_has_ended_is_not_suggested(session: Any, officer: Any, light: Any) -> None:
    here, rejected, follower, main = light(), light(10), light(20), light(30)
    referral.reject(UnitOfWork(session, officer, NOW), rejected.report_id, reason="لا")
    mark(session, officer, follower, main)

    found = queries.duplicates_near(session, officer, here.report_id, metres=250)

    assert [row for row, _ in found] == [main]


def test_a_report_without_a_point_has_no_neighbours(
    session: Any, officer: Any, filed: Any, light: Any
) -> None:
    light()
    report = filed(category="light-out", location={"town": "سيهات"})

    assert queries.duplicates_near(session, officer, report.report_id, metres=250) == []


def test_the_suggestion_is_read_from_its_index(session: Any, light: Any, only_index: Any) -> None:
    light()
    only_index("ix_report_near")

    plan = session.scalars(
        text(
            "EXPLAIN SELECT * FROM report WHERE category = 'light-out' AND is_open"
            " AND latitude BETWEEN 26 AND 27 AND longitude BETWEEN 49 AND 51"
        )
    ).all()

    assert "ix_report_near" in "".join(plan)


def test_the_reporter_of_a_duplicate_is_told_the_number_of_the_main_report(
    session: Any, officer: Any, light: Any, outbox_rows: Any
) -> None:
    main, later = light(), light(50)

    mark(session, officer, later, main)

    data = outbox_rows()[-1].envelope["data"]
    assert (data["status"], data["main_number"]) == ("duplicate", main.report_number)
    (contact,) = contacts_of(session).open(later.report_id, data["contacts"])
    assert contact.role == "reporter"


def test_a_duplicate_is_closed_with_its_main_report_by_an_event_of_its_own(
    session: Any, officer: Any, light: Any, outbox_rows: Any
) -> None:
    main, later = light(), light(50)
    mark(session, officer, later, main)
    treatment.resolve(UnitOfWork(session, officer, NOW + 3 * HOUR), main.report_id, text="استُبدل")

    ending.close(UnitOfWork(session, officer, NOW + 4 * HOUR), main.report_id, rule=RULE)

    assert (later.status, later.closed_at, later.resolution) == (
        "closed",
        NOW + 4 * HOUR,
        "استُبدل",
    )
    ends = [row for row in outbox_rows() if row.type.endswith(".closed.v1")]
    tokens = {
        row.aggregate_id: contacts_of(session)
        .open(row.aggregate_id, row.envelope["data"]["contacts"])[0]
        .token
        for row in ends
    }
    assert set(tokens) == {main.report_id, later.report_id}
    assert len(set(tokens.values())) == 2


def test_a_duplicate_is_rejected_with_its_main_report_and_its_reporter_is_told_why(
    session: Any, officer: Any, light: Any, outbox_rows: Any
) -> None:
    main, later = light(), light(50)
    mark(session, officer, later, main)

    referral.reject(UnitOfWork(session, officer, NOW + 3 * HOUR), main.report_id, reason="طريق خاص")

    assert (later.status, later.closed_at, later.reason) == (
        "rejected",
        NOW + 3 * HOUR,
        "طريق خاص",
    )
    ends = [row for row in outbox_rows() if row.type.endswith(".rejected.v1")]
    assert {row.aggregate_id for row in ends} == {main.report_id, later.report_id}
    for row in ends:
        contacts = contacts_of(session).open(row.aggregate_id, row.envelope["data"]["contacts"])
        assert [one.role for one in contacts] == ["reporter"]


def test_the_reporter_of_a_duplicate_may_say_not_solved_for_himself(
    session: Any, officer: Any, light: Any
) -> None:
    main, later = light(), light(50)
    mark(session, officer, later, main)
    treatment.resolve(UnitOfWork(session, officer, NOW + 3 * HOUR), main.report_id, text="استُبدل")
    ending.close(UnitOfWork(session, officer, NOW + 4 * HOUR), main.report_id, rule=RULE)

    ending.reopen(
        UnitOfWork(session, officer, NOW + 5 * HOUR), later.report_id, reason="لا", rule=RULE
    )

    assert (later.status, later.duplicate_of, main.status) == ("assigned", None, "closed")


def test_the_main_report_is_due_by_the_earlier_clock_and_a_split_restores_both(
    session: Any, officer: Any, light: Any
) -> None:
    main, older = light(at=NOW), light(50, at=NOW - 10 * HOUR)
    due, older_due = main.due_at, older.due_at

    mark(session, officer, older, main)
    assert main.due_at == older_due
    assert older.due_at == older_due

    duplicates.split(UnitOfWork(session, officer, NOW + 3 * HOUR), older.report_id)

    assert (main.due_at, older.due_at) == (due, older_due)
    assert (older.status, older.main_number, main.duplicate_count) == ("assigned", None, 0)


def test_a_later_duplicate_does_not_delay_its_main_report(
    session: Any, officer: Any, light: Any
) -> None:
    main, later = light(at=NOW - 10 * HOUR), light(50, at=NOW)
    due, later_due = main.due_at, later.due_at

    mark(session, officer, later, main)
    assert (main.due_at, later.due_at) == (due, due)

    duplicates.split(UnitOfWork(session, officer, NOW + 3 * HOUR), later.report_id)

    assert (main.due_at, later.due_at) == (due, later_due)


def test_a_duplicate_is_due_when_its_main_report_is_whatever_moves_that(
    session: Any, officer: Any, light: Any, outbox_rows: Any
) -> None:
    main, later, third = light(), light(50, at=NOW + HOUR), light(60, at=NOW - 10 * HOUR)
    mark(session, officer, later, main)
    due = []

    def note() -> None:
        due.append(main.due_at)
        assert later.due_at == main.due_at

    referral.link_external(
        UnitOfWork(session, officer, NOW + 3 * HOUR), main.report_id, body="electricity"
    )
    note()
    treatment.start(UnitOfWork(session, officer, NOW + 5 * HOUR), main.report_id)
    note()
    referral.correct(
        UnitOfWork(session, officer, NOW + 6 * HOUR), main.report_id, {"category": "litter"}
    )
    note()
    mark(session, officer, third, main, "المشكلة نفسها")
    note()
    duplicates.split(UnitOfWork(session, officer, NOW + 7 * HOUR), third.report_id)
    note()

    assert due[:2] == [None, NOW + 49 * HOUR]  # by now the duplicate's own is the earlier
    assert len(set(due)) >= 3
    published = [row for row in outbox_rows() if row.aggregate_id == later.report_id]
    assert [row.version for row in published] == list(range(1, len(published) + 1))
    assert published[-1].envelope["data"]["due_at"] == rfc3339(main.due_at)


def test_a_merge_silences_no_escalation(session: Any, officer: Any, light: Any) -> None:
    main, older = light(at=NOW), light(50, at=NOW - 47 * HOUR)
    due, older_due = main.due_at, older.due_at
    assert due is not None
    mark(session, officer, older, main)
    assert pending(session, "report", main.report_id) == {"escalation": older_due}

    escalation.escalate(UnitOfWork(session, SERVICE_CLOCK, older_due), main.report_id)

    assert main.escalation_level == 1
    assert pending(session, "report", main.report_id) == {"escalation": older_due + 24 * HOUR}
    duplicates.split(UnitOfWork(session, officer, NOW + 3 * HOUR), older.report_id)
    assert pending(session, "report", main.report_id) == {"escalation": due + 24 * HOUR}


def test_the_higher_level_of_the_two_stays_after_a_merge(
    session: Any, officer: Any, light: Any
) -> None:
    main, older = light(at=NOW), light(50, at=NOW - 60 * HOUR)
    escalation.escalate(UnitOfWork(session, SERVICE_CLOCK, older.due_at), older.report_id)

    mark(session, officer, older, main)

    assert main.escalation_level == 1
    assert pending(session, "report", main.report_id) == {"escalation": older.due_at + 24 * HOUR}


def test_each_change_of_the_main_report_is_an_event_of_it(
    session: Any, officer: Any, light: Any, outbox_rows: Any
) -> None:
    main, later = light(), light(50)
    mark(session, officer, later, main)
    duplicates.split(UnitOfWork(session, officer, NOW + 3 * HOUR), later.report_id)

    for report in (main, later):
        versions = [row.version for row in outbox_rows() if row.aggregate_id == report.report_id]
        assert versions == [1, 2, 3]


def test_a_duplicate_that_cannot_be_one_says_why(session: Any, officer: Any, light: Any) -> None:
    main, follower, other, rejected = light(), light(10), light(20), light(30)
    mark(session, officer, follower, main)
    referral.reject(UnitOfWork(session, officer, NOW), rejected.report_id, reason="لا")

    cases = [(other, other), (other, follower), (other, rejected), (main, other)]
    codes = []
    for report, its_main in cases:
        with pytest.raises(DuplicateNotPossible) as caught:
            mark(session, officer, report, its_main)
        codes.append(caught.value.code)

    assert codes == ["itself", "main-is-duplicate", "main-has-ended", "has-duplicates"]


def test_only_a_duplicate_is_split(session: Any, officer: Any, light: Any) -> None:
    with pytest.raises(IllegalTransition):
        duplicates.split(UnitOfWork(session, officer, NOW), light().report_id)
