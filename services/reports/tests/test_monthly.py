"""The monthly table: what was filed in a month and what became of it, as people and spreadsheets read it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.core.refusals import InvalidFields
from chassis.data.unit_of_work import UnitOfWork
from reports import queries
from reports.commands import duplicates, ending, referral, treatment
from reports.domain.monthly import MonthlyRow, csv_of, span_of
from reports.domain.reports import Reopening
from reports.models import Report

RULE = Reopening(timedelta(days=5), 2)
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SAIHAT, SAFWA = {"town": "سيهات"}, {"town": "صفوى"}


def table(session: Any, actor: Any, month: str = "2026-11", **how: Any) -> dict[Any, MonthlyRow]:
    rows = queries.monthly_table(
        UnitOfWork(session, actor, how.get("now", NOW)),
        span_of(month),
        by_type=how.get("by_type", False),
    )
    return {(row.municipality, row.category): row for row in rows}


@pytest.fixture
def month(session: Any, officer: Any, filed: Any) -> list[Report]:
    """One of each fate in Saihat, and an open one in Safwa."""
    made = [filed(category="light-out", location=SAIHAT) for _ in range(6)]
    closed, treated, linked, rejected, duplicate, main = (one.report_id for one in made)
    treatment.resolve(UnitOfWork(session, officer, NOW + 2 * HOUR), closed, text="استُبدل")
    ending.close(UnitOfWork(session, officer, NOW + 3 * HOUR), closed, rule=RULE)
    treatment.resolve(UnitOfWork(session, officer, NOW + timedelta(days=4)), treated, text="استُبدل")
    referral.link_external(UnitOfWork(session, officer, NOW), linked, body="electricity")
    referral.reject(UnitOfWork(session, officer, NOW), rejected, reason="ملك خاص")
    duplicates.mark_duplicate(UnitOfWork(session, officer, NOW), duplicate, main_id=main)
    return [*made, filed(category="pothole", location=SAFWA)]


@pytest.mark.usefixtures("month")
def test_each_report_is_counted_once_by_what_became_of_it(session: Any, officer: Any) -> None:
    row = table(session, officer)["saihat", "lighting"]

    assert (row.received, row.treated, row.open) == (6, 2, 1)
    assert (row.linked_external, row.rejected, row.duplicates) == (1, 1, 1)
    assert row.received == (
        row.treated + row.open + row.linked_external + row.rejected + row.duplicates
    )


@pytest.mark.usefixtures("month")
def test_median_and_share_are_of_the_treated(session: Any, officer: Any) -> None:
    row = table(session, officer)["saihat", "lighting"]

    # Two hours; and Wednesday 11:00 to Sunday 11:00: 3.5 + 7 + 3.5 hours.
    assert row.median_hours == 8.0
    assert row.share_in_time == 0.5


@pytest.mark.usefixtures("month")
def test_an_open_report_past_its_service_time_is_late(session: Any, officer: Any) -> None:
    before = table(session, officer, now=NOW + 48 * HOUR)["saihat", "lighting"]
    after = table(session, officer, now=NOW + 49 * HOUR)["saihat", "lighting"]

    assert (before.overdue, before.share_in_time) == (0, 0.5)
    # The open one; neither its duplicate, nor what waits for the electricity company.
    assert (after.overdue, after.open, after.share_in_time) == (1, 1, 0.333)


@pytest.mark.usefixtures("month")
def test_there_are_sums_of_each_branch_and_of_all(session: Any, officer: Any) -> None:
    rows = table(session, officer)

    assert rows["saihat", None].received == 6
    assert rows["safwa", None].received == 1
    assert rows[None, None].received == 7


@pytest.mark.usefixtures("month")
def test_staff_of_a_branch_see_their_branch(session: Any, person: Any) -> None:
    rows = table(session, person(attributes={"municipality": "safwa"}))

    assert {branch for branch, _ in rows} == {"safwa", None}
    assert rows[None, None].received == 1


@pytest.mark.usefixtures("month")
def test_the_third_level_is_shown_when_asked_for(session: Any, officer: Any) -> None:
    rows = table(session, officer, by_type=True)

    assert rows["saihat", "light-out"].received == 6


def test_a_month_is_one_of_riyadh(session: Any, officer: Any, filed: Any) -> None:
    filed(at=datetime(2026, 11, 30, 20, 59, tzinfo=UTC))
    filed(at=datetime(2026, 11, 30, 21, 0, tzinfo=UTC))  # midnight in Riyadh

    assert table(session, officer, "2026-11")[None, None].received == 1
    assert table(session, officer, "2026-12")[None, None].received == 1


def test_a_month_of_umm_al_qura_is_understood() -> None:
    start, end = span_of("1448-06")

    assert start == datetime(2026, 11, 10, 21, 0, tzinfo=UTC)
    assert (end - start).days in (29, 30)


@pytest.mark.parametrize("month", ["٢٠٢٦-١١", "٢٠٢٦/١١", "۲۰۲۶-۱۱"])
def test_a_month_is_understood_in_any_digits(month: str) -> None:
    assert span_of(month) == span_of("2026-11")


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "1448-13", "1200-01", "26-11", "9999-12"])
def test_a_month_that_is_none_is_refused(month: str) -> None:
    with pytest.raises(InvalidFields, match="month"):
        span_of(month)


def test_the_table_reads_no_other_reports_than_the_month_s(session: Any, only_index: Any) -> None:
    only_index("ix_report_filed_at_report_id")
    session.execute(text("SET LOCAL enable_bitmapscan = off"))
    values = {
        "types": ["a"],
        "groups": ["b"],
        "start": NOW,
        "end": NOW,
        "now": NOW,
        "municipality": None,
    }

    plan = session.execute(text(f"EXPLAIN {queries.monthly._MONTHLY.text}"), values).scalars().all()

    assert "Index Scan using ix_report_filed_at_report_id" in "\n".join(plan), plan


def test_a_spreadsheet_reads_arabic_and_runs_no_formula() -> None:
    row = MonthlyRow(
        municipality="safwa", category="roads", received=3, treated=2, open=1, linked_external=0,
        rejected=0, duplicates=0, overdue=2, median_minutes=90, in_time=1, timed=2,
    )  # fmt: skip

    written = csv_of([row], lambda _code: "=HYPERLINK(1)", lambda _code: "طرق وأرصفة")

    lines = written.encode().split(b"\r\n")
    assert lines[0].startswith("\ufeffالبلدية,التصنيف".encode())
    assert lines[1].decode() == "'=HYPERLINK(1),طرق وأرصفة,3,2,1,0,0,0,2,1.5,25.0%"
    assert lines[2] == b""
