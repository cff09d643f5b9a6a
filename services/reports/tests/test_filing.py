"""A filed report has a number, a department and an event, and stands there at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.core.refusals import InvalidFields
from chassis.data.aggregates import history
from reports.commands.filing import SubmissionUsed

SUBMISSION = "0195ff10-4d00-7b22-9d3f-0000000000aa"


def test_numbers_are_plain_digits_one_after_the_other(filed: Any) -> None:
    first, second = filed(), filed()

    assert first.report_number.startswith("1448")
    assert int(second.report_number) == int(first.report_number) + 1
    assert len(first.report_number) == 10


def test_a_report_is_referred_at_once_by_the_rules(filed: Any, outbox_rows: Any) -> None:
    report = filed()

    assert (report.status, report.department, report.municipality) == (
        "assigned",
        "roads",
        "saihat",
    )
    (row,) = outbox_rows()
    assert (row.type, row.version) == ("sa.gov.qatif.reports.report.filed.v1", 1)
    assert row.envelope["data"]["department"] == "roads"


def test_a_rule_for_a_branch_comes_before_the_category_s_own_department(filed: Any) -> None:
    report = filed(category="kerb-damaged", location={"town": "القطيف"})

    assert report.department == "parks"


def test_an_event_holds_nothing_that_people_wrote(filed: Any, outbox_rows: Any) -> None:
    filed()

    (row,) = outbox_rows()
    told = str(row.envelope)
    for text_ in ("علي", "المدرسة", "0500000001", "+9665"):
        assert text_ not in told


def test_the_reporter_is_sealed_in_the_database(filed: Any, session: Any) -> None:
    report = filed()
    session.flush()

    row = session.execute(text("SELECT reporter, mobile_key FROM report")).one()
    assert b"966500000001" not in bytes(row.reporter)
    assert row.mobile_key.startswith("v1:")
    assert report.mobile == "+966500000001"


def test_seven_working_days_count_sunday_to_thursday(filed: Any) -> None:
    report = filed()

    # Thursday 26, Sunday to Thursday, Sunday 6 December, at closing time.
    assert report.due_at == datetime(2026, 12, 6, 11, 30, tzinfo=UTC)


def test_danger_runs_by_the_clock_of_every_hour_and_is_urgent(filed: Any, now: datetime) -> None:
    report = filed(category="sewage")

    assert (report.priority, report.due_at) == ("urgent", now + timedelta(hours=8))


def test_the_same_submission_is_the_same_report(filed: Any, portal: Any, outbox_rows: Any) -> None:
    first = filed(portal, submission_id=SUBMISSION)
    again = filed(portal, submission_id=SUBMISSION)

    assert again is first
    assert len(outbox_rows()) == 1


def test_a_used_submission_with_another_content_is_refused(filed: Any, portal: Any) -> None:
    filed(portal, submission_id=SUBMISSION)

    with pytest.raises(SubmissionUsed):
        filed(portal, submission_id=SUBMISSION, category="litter")


def test_a_submission_of_a_colleague_is_another_report(filed: Any, person: Any) -> None:
    mine = filed(person("p_one"), submission_id=SUBMISSION)
    his = filed(person("p_two"), submission_id=SUBMISSION, category="litter")

    assert his.report_number != mine.report_number


def test_a_used_submission_with_other_photos_is_refused(filed: Any, portal: Any) -> None:
    filed(portal, submission_id=SUBMISSION)

    with pytest.raises(SubmissionUsed):
        filed(portal, submission_id=SUBMISSION, photos=["0195ff10-4d00-7b22-9d3f-0000000000ad"])


def test_an_operator_vouches_for_a_mobile_and_a_system_says_whether_it_sent_a_code(
    filed: Any, portal: Any
) -> None:
    reporter = {"name": "علي آل تجربة", "mobile": "0500000001"}

    assert (filed(channel="call").reporter or {})["confirmed"]
    assert "confirmed" not in (filed(portal).reporter or {})
    sent = filed(portal, reporter={**reporter, "mobile_confirmed": True})
    assert (sent.reporter or {})["confirmed"]


def test_nobody_vouches_for_a_mobile_who_does_not_hear_the_reporter(
    filed: Any, person: Any
) -> None:
    operator = person("p_940", scopes=frozenset(("reports.read", "reports.file")))
    observer = person("p_observer", scopes=frozenset(("reports.file",)))
    ours = {"municipality": "qatif", "contractor": "al-amal"}
    contractor = person("p_amal", scopes=operator.scopes, attributes=ours)

    confirmed = [
        bool((filed(who, channel=channel).reporter or {}).get("confirmed"))
        for who, channel in (
            (operator, "call"),
            (operator, "social"),
            (observer, "call"),
            (observer, "observer"),
            (contractor, "call"),
        )
    ]

    assert confirmed == [True, False, False, False, False]


def test_somebody_of_a_branch_files_for_his_branch_only(filed: Any, person: Any) -> None:
    safwa = person(attributes={"municipality": "safwa"})

    with pytest.raises(InvalidFields, match="municipality"):
        filed(safwa)


def test_the_journal_says_who_filed_it_and_where_it_went(filed: Any, session: Any) -> None:
    report = filed()

    (entry,) = history(session, ("report", report.report_id))
    assert (entry.action, entry.subject) == ("file", "p_officer")
    assert entry.details == {"department": "roads", "municipality": "saihat"}
