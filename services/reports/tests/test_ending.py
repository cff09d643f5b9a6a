"""The end of a report over the commands: «not solved», its tokens, the window, satisfaction."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.unit_of_work import UnitOfWork
from reports.commands import ending, referral
from reports.domain.actors import REPORTER
from reports.domain.reports import (
    RatedBefore,
    RatingTooEarly,
    ReopenedTooOften,
    ReopeningClosed,
)
from reports.models import NotSolvedToken, Report

from .conftest import DAY, HOUR, NOW, RULE, told, treat


def test_not_solved_goes_back_to_the_department_with_the_first_clock(
    session: Any, officer: Any, closed: Report
) -> None:
    due = closed.own_due_at

    ending.reopen(
        UnitOfWork(session, officer, NOW + DAY), closed.report_id, reason="ما زال مطفأ", rule=RULE
    )

    assert (closed.status, closed.reopen_count, closed.due_at) == ("assigned", 1, due)
    assert (closed.closed_at, closed.resolved_at, closed.in_time) == (None, None, None)


def test_after_the_window_a_report_stays_closed(session: Any, officer: Any, closed: Report) -> None:
    last = closed.reopenable_until
    assert last is not None

    with pytest.raises(ReopeningClosed):
        ending.reopen(
            UnitOfWork(session, officer, last + timedelta(seconds=1)),
            closed.report_id,
            reason="لا",
            rule=RULE,
        )


def test_a_report_is_reopened_twice_at_the_most(session: Any, officer: Any, closed: Report) -> None:
    for _ in range(2):
        ending.reopen(
            UnitOfWork(session, officer, NOW + 3 * HOUR), closed.report_id, reason="لا", rule=RULE
        )
        treat(session, officer, closed, NOW + 4 * HOUR)
        ending.close(UnitOfWork(session, officer, NOW + 5 * HOUR), closed.report_id, rule=RULE)

    with pytest.raises(ReopenedTooOften):
        ending.reopen(
            UnitOfWork(session, officer, NOW + 6 * HOUR), closed.report_id, reason="لا", rule=RULE
        )


def token_of(session: Any, rows: Any) -> str:
    (contact,) = told(session, rows[-1])
    return str(contact.token)


def test_the_link_of_the_closing_text_reopens_once(
    session: Any, closed: Report, outbox_rows: Any
) -> None:
    token = token_of(session, outbox_rows())

    ending.reopen_by_token(UnitOfWork(session, REPORTER, NOW + DAY), token, rule=RULE)

    assert (closed.status, closed.reopen_count) == ("assigned", 1)
    with pytest.raises(NotFound):
        ending.reopen_by_token(UnitOfWork(session, REPORTER, NOW + DAY), token, rule=RULE)


def test_a_token_is_of_one_closing_and_ends_with_its_window(
    session: Any, officer: Any, closed: Report, outbox_rows: Any
) -> None:
    first = token_of(session, outbox_rows())
    with pytest.raises(NotFound):
        ending.reopen_by_token(UnitOfWork(session, REPORTER, NOW + 6 * DAY), first, rule=RULE)

    ending.reopen(UnitOfWork(session, officer, NOW + DAY), closed.report_id, reason="لا", rule=RULE)
    treat(session, officer, closed, NOW + DAY)
    ending.close(UnitOfWork(session, officer, NOW + DAY), closed.report_id, rule=RULE)

    with pytest.raises(NotFound):
        ending.reopen_by_token(UnitOfWork(session, REPORTER, NOW + DAY), first, rule=RULE)
    assert token_of(session, outbox_rows()) != first


def test_a_token_is_stored_hashed(session: Any, closed: Report, outbox_rows: Any) -> None:
    (stored,) = session.query(NotSolvedToken).all()

    assert token_of(session, outbox_rows()).encode() not in stored.token_hash
    assert len(stored.token_hash) == 32


def test_satisfaction_is_one_to_five(session: Any, officer: Any, closed: Report) -> None:
    for stars in (0, 6):
        with pytest.raises(InvalidFields):
            ending.rate(UnitOfWork(session, officer, NOW), closed.report_id, stars=stars)

    ending.rate(UnitOfWork(session, officer, NOW + DAY), closed.report_id, stars=4)

    assert closed.satisfaction == 4


def test_a_rejection_has_no_treatment_to_rate(session: Any, officer: Any, filed: Any) -> None:
    row = filed(category="light-out", extra={})
    referral.reject(UnitOfWork(session, officer, NOW), row.report_id, reason="خارج الاختصاص")

    with pytest.raises(RatingTooEarly):
        ending.rate(UnitOfWork(session, officer, NOW), row.report_id, stars=4)


def test_the_first_rating_of_a_closing_stays(
    session: Any, officer: Any, closed: Report, outbox_rows: Any
) -> None:
    ending.rate(UnitOfWork(session, officer, NOW + DAY), closed.report_id, stars=4)
    before = len(outbox_rows())

    ending.rate(UnitOfWork(session, officer, NOW + DAY), closed.report_id, stars=4)
    with pytest.raises(RatedBefore):
        ending.rate(UnitOfWork(session, officer, NOW + DAY), closed.report_id, stars=1)

    assert (closed.satisfaction, len(outbox_rows())) == (4, before)
