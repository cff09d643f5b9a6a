"""Appeals that nobody decides in time: they stay open, and it's told once, by the clock."""

from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chassis.core import contracts, metrics
from chassis.data.aggregates import history
from chassis.data.deadlines import Deadline, due, pending
from permits import chores
from permits.app import SERVICE
from permits.commands import handle_appeal
from permits.domain import appeals as rules
from permits.domain.actors import SYSTEM
from permits.domain.appeals import Status
from permits.models import Appeal
from saudi.days import RIYADH

from .test_appeals import cancel, decide, file

Desk = Any


@pytest.fixture
def appeal(desk: Desk) -> Appeal:
    row: Appeal = file(desk, "cancellation", cancel(desk, desk.issued()).permit_id)
    desk.session.flush()
    return row


def day_after(appeal: Appeal) -> datetime:
    return datetime.combine(appeal.decide_by + timedelta(days=1), time(), RIYADH)


def pass_time(session: Session, now: datetime) -> None:
    """What `work` does with the deadlines that are due then."""
    for deadline in due(session, [handle_appeal.DECISION], now=now, most=10):
        SERVICE.deadlines[deadline.kind](_context(session, now), deadline)


def _context(session: Session, now: datetime) -> Any:
    return SimpleNamespace(session=session, now=now)


def told(desk: Desk, appeal: Appeal) -> list[str]:
    return [one.happened for one in desk.published(appeal.appeal_id)]


def test_the_whole_last_day_is_left_to_decide(desk: Desk, appeal: Appeal) -> None:
    [at] = pending(desk.session, "appeal", appeal.appeal_id).values()

    assert at == rules.overdue_from(appeal.decide_by) == day_after(appeal)
    pass_time(desk.session, at - timedelta(seconds=1))
    assert told(desk, appeal) == ["filed"]


def test_an_appeal_that_nobody_decided_is_told_and_stays_open(desk: Desk, appeal: Appeal) -> None:
    pass_time(desk.session, day_after(appeal))

    assert told(desk, appeal) == ["filed", "overdue"]
    event = desk.published(appeal.appeal_id)[-1]
    contracts.check_event("sa.gov.qatif.permits.appeal.overdue.v1", event.data)
    assert event.data["status"] == Status.RECEIVED
    entry = history(desk.session, ("appeal", appeal.appeal_id))[-1]
    assert (entry.action, entry.subject) == ("overdue", "service-clock")
    desk.now = day_after(appeal) + timedelta(days=3)
    assert decide(desk, "accept", appeal).status == Status.ACCEPTED


@pytest.mark.parametrize("how", ["accept", "reject", "withdraw"])
def test_an_appeal_that_has_ended_is_told_of_no_more(desk: Desk, appeal: Appeal, how: str) -> None:
    decide(desk, how, appeal)
    desk.session.flush()
    before = told(desk, appeal)

    assert pending(desk.session, "appeal", appeal.appeal_id) == {}
    late = Deadline("appeal", appeal.appeal_id, handle_appeal.DECISION, day_after(appeal))
    SERVICE.deadlines[late.kind](_context(desk.session, day_after(appeal)), late)
    assert told(desk, appeal) == before


def test_a_deadline_of_an_appeal_that_is_gone_does_nothing(desk: Desk) -> None:
    gone = "0196c050-4d00-7b22-9d3f-000000000099"

    handle_appeal.note_overdue(desk.work.acting_as(SYSTEM), gone)

    assert history(desk.session, ("appeal", gone)) == []


def test_the_gauge_counts_each_branch_s_overdue_appeals_and_falls_again(
    desk: Desk, appeal: Appeal
) -> None:
    def measured(now: datetime) -> str:
        chores.measure_appeals(_context(desk.session, now))
        lines = metrics.exposition()[1].decode().splitlines()
        gauge = f'permits_appeals_overdue{{municipality="{appeal.municipality}"}}'
        [line] = [one for one in lines if one.startswith(gauge)]
        return line.rpartition(" ")[2]

    assert measured(day_after(appeal) - timedelta(hours=1)) == "0.0"
    assert measured(day_after(appeal)) == "1.0"
    desk.now = day_after(appeal)
    decide(desk, "reject", appeal)
    desk.session.flush()
    assert measured(day_after(appeal)) == "0.0"
