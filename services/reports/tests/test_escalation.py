"""What takes too long reaches the next level: by a durable deadline, once, three times at the most."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.data.aggregates import history
from chassis.data.deadlines import pending
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from reports.commands import escalation, referral, treatment
from reports.domain.actors import SERVICE_CLOCK
from reports.models import Report

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SAFWA = {"town": "صفوى"}


@pytest.fixture
def light(filed: Any) -> Report:
    """Due in 48 hours by the clock."""
    report: Report = filed(category="light-out")
    return report


def deadline(session: Any, report: Report) -> datetime | None:
    found: datetime | None = pending(session, "report", report.report_id).get("escalation")
    return found


def test_an_assigned_report_escalates_when_it_is_due_then_at_half_and_twice_its_time(
    session: Any, light: Report
) -> None:
    levels = []
    while (at := deadline(session, light)) is not None:
        from chassis.data.deadlines import drop_deadline

        drop_deadline(session, "report", light.report_id, "escalation")  # as the worker takes it
        escalation.escalate(UnitOfWork(session, SERVICE_CLOCK, at), light.report_id)
        levels.append((light.escalation_level, at - NOW))

    assert levels == [(1, 48 * HOUR), (2, 72 * HOUR), (3, 96 * HOUR)]


def test_levels_that_passed_while_the_service_stood_still_are_told_once(
    session: Any, officer: Any, light: Report, outbox_rows: Any
) -> None:
    escalation.set_duty_officer(
        UnitOfWork(session, officer, NOW), "lighting", mobile="0500000009", language="ar"
    )

    escalation.escalate(UnitOfWork(session, SERVICE_CLOCK, NOW + 97 * HOUR), light.report_id)

    told = [row for row in outbox_rows() if row.type.endswith(".escalated.v1")]
    assert [row.envelope["data"]["clock"]["escalation_level"] for row in told] == [3]
    assert len(told[0].envelope["data"]["contacts"]) == 1


def test_a_report_that_nobody_has_escalates_first(
    session: Any, officer: Any, light: Report
) -> None:
    referral.send_back(UnitOfWork(session, officer, NOW), light.report_id, reason="ليس لنا")

    assert deadline(session, light) == NOW + 12 * HOUR


def test_the_duty_officer_of_the_department_is_told(
    session: Any, officer: Any, light: Report, outbox_rows: Any
) -> None:
    escalation.set_duty_officer(
        UnitOfWork(session, officer, NOW), "lighting", mobile="0500000009", language="ar"
    )

    escalation.escalate(UnitOfWork(session, SERVICE_CLOCK, NOW + 48 * HOUR), light.report_id)

    row = outbox_rows()[-1]
    assert row.type.endswith(".escalated.v1")
    (contact,) = contacts_of(session).open(light.report_id, row.envelope["data"]["contacts"])
    assert (contact.role, contact.mobile) == ("duty_officer", "+966500000009")
    entry = history(session, ("report", light.report_id))[-1]
    assert (entry.action, entry.subject, entry.details) == (
        "escalate",
        "service-clock",
        {"level": 1, "duty_officer_told": True},
    )


def test_the_safety_department_s_duty_officer_stands_in_for_a_report_without_a_department(
    session: Any, officer: Any, light: Report, outbox_rows: Any
) -> None:
    escalation.set_duty_officer(
        UnitOfWork(session, officer, NOW), "safety", mobile="0500000009", language="ar"
    )
    referral.send_back(UnitOfWork(session, officer, NOW), light.report_id, reason="ليس لنا")

    escalation.escalate(UnitOfWork(session, SERVICE_CLOCK, NOW + 12 * HOUR), light.report_id)

    contacts = outbox_rows()[-1].envelope["data"]["contacts"]
    (contact,) = contacts_of(session).open(light.report_id, contacts)
    assert (contact.role, contact.mobile) == ("duty_officer", "+966500000009")


def test_the_history_says_that_an_alert_reached_nobody(session: Any, filed: Any) -> None:
    report = filed(category="sewage")

    (entry,) = history(session, ("report", report.report_id))
    assert entry.details["duty_officer_told"] is False


def test_a_report_that_turns_out_to_be_urgent_alerts_the_duty_officer(
    session: Any, officer: Any, filed: Any, outbox_rows: Any
) -> None:
    escalation.set_duty_officer(
        UnitOfWork(session, officer, NOW), "safety", mobile="0500000009", language="ar"
    )
    report = filed(category="pothole")
    referral.correct(UnitOfWork(session, officer, NOW), report.report_id, {"category": "sewage"})
    referral.correct(UnitOfWork(session, officer, NOW), report.report_id, {"location": SAFWA})

    alerts = [len(row.envelope["data"]["contacts"]) for row in outbox_rows()]
    assert alerts == [1, 1, 0]  # the reporter at filing; the duty officer once
    assert (report.priority, report.duty_officer_told) == ("urgent", True)


def test_a_deadline_that_comes_too_early_is_set_anew(session: Any, light: Report) -> None:
    escalation.escalate(UnitOfWork(session, SERVICE_CLOCK, NOW + HOUR), light.report_id)

    assert (light.escalation_level, deadline(session, light)) == (0, light.due_at)


def test_a_deadline_of_a_treated_report_does_nothing(
    session: Any, officer: Any, light: Report, outbox_rows: Any
) -> None:
    treatment.resolve(UnitOfWork(session, officer, NOW + HOUR), light.report_id, text="استُبدل")

    escalation.escalate(UnitOfWork(session, SERVICE_CLOCK, NOW + 48 * HOUR), light.report_id)

    assert light.escalation_level == 0
    assert len(outbox_rows()) == 2


def test_a_deadline_of_a_report_that_is_not_there_does_nothing(session: Any) -> None:
    escalation.escalate(
        UnitOfWork(session, SERVICE_CLOCK, NOW), "0195ff10-4d00-7b22-9d3f-000000009999"
    )


def test_the_deadline_is_the_service_s_own(service: Any, context: Any, light: Report) -> None:
    from chassis.data.deadlines import Deadline

    at = NOW + 48 * HOUR
    due = Deadline("report", light.report_id, "escalation", at)
    service.deadlines["escalation"](replace(context, now=at), due)

    assert light.escalation_level == 1
