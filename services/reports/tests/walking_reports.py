"""A state machine of two reports' lives: every order of commands, against a model that knows the rules.

Whatever is asked for in whatever order, it's allowed exactly when the model says so, a refusal changes nothing, each
change is one event with the next version, the clock is that of filing plus what the report waited, and a report has a
deadline exactly while something may escalate.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from chassis.core.refusals import Conflict
from chassis.data.deadlines import drop_deadline, pending
from chassis.data.unit_of_work import UnitOfWork
from reports.commands import duplicates, ending, escalation, filing, referral, treatment
from reports.domain.actors import SERVICE_CLOCK
from reports.domain.reports import Reopening
from reports.models import Report

RULE = Reopening(timedelta(days=5), 2)
SERVICE_TIME = timedelta(hours=48)  # of a street light, by the clock
UNASSIGNED, AT_WORK = ("new", "classified"), ("assigned", "in_progress")
WAITING = ("waiting_external", "waiting_reporter")
RUNNING = (*UNASSIGNED, *AT_WORK, *WAITING)
LIMITS = settings(
    max_examples=8,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
WHICH = st.sampled_from([0, 1])


def last_moment(moment: datetime) -> datetime:
    """The last second of that day in Riyadh, three hours ahead."""
    return (moment + timedelta(hours=3)).replace(
        hour=23, minute=59, second=59, microsecond=0
    ) - timedelta(hours=3)


@dataclass
class Model:
    """A report as the rules would have it."""

    report_id: str
    filed_at: datetime
    status: str = "assigned"
    asked_in: str | None = None
    department: bool = True
    version: int = 1
    waited: timedelta = timedelta(0)
    waits_since: datetime | None = None
    reopened: int = 0
    until: datetime | None = None
    main: "Model | None" = None
    followers: int = 0

    @property
    def own_due(self) -> datetime | None:
        return None if self.waits_since else self.filed_at + SERVICE_TIME + self.waited

    def wait(self, now: datetime) -> None:
        self.waits_since = now

    def go_on(self, now: datetime) -> None:
        if self.waits_since:
            self.waited, self.waits_since = self.waited + (now - self.waits_since), None

    def become(self, status: str) -> None:
        self.status, self.version = status, self.version + 1


class Life(RuleBasedStateMachine):
    def __init__(self, database: Any, officer: Any, new_report: Any) -> None:
        super().__init__()
        self.database, self.officer = database, officer
        self.savepoint = database.connection.begin_nested()
        self.now = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
        body = new_report(category="light-out")
        self.models = []
        for _ in range(2):
            with database.transaction() as session:
                report = filing.file_report(UnitOfWork(session, officer, self.now), body)
                self.models.append(Model(report.report_id, self.now))
            self.now += timedelta(hours=7)

    def teardown(self) -> None:
        self.savepoint.rollback()

    def ask(self, allowed: bool, command: Callable[[Any], Any]) -> bool:
        """Asks for a command in a transaction of its own; what comes of it is what the model said."""
        refused = None
        try:
            with self.database.transaction() as session:
                command(session)
        except Conflict as error:
            refused = error
        assert (refused is None) == allowed, f"the model says {allowed}, the answer was {refused!r}"
        return allowed

    def on(self, act: Any, one: Model, statuses: tuple[str, ...], **more: Any) -> bool:
        return self.ask(
            one.status in statuses,
            lambda session: act(UnitOfWork(session, self.officer, self.now), one.report_id, **more),
        )

    @rule(hours=st.sampled_from([1, 5, 30, 200]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    def followers_of(self, main: Model) -> list[Model]:
        return [one for one in self.models if one.main is main and one.status == "duplicate"]

    def wait(self, one: Model) -> None:
        one.wait(self.now)
        for follower in self.followers_of(one):
            follower.version += 1  # it's due when its main report is

    def go_on(self, one: Model) -> None:
        for follower in self.followers_of(one) if one.waits_since else ():
            follower.version += 1
        one.go_on(self.now)

    @rule(which=WHICH)
    def refer(self, which: int) -> None:
        one = self.models[which]
        if self.on(referral.refer, one, RUNNING):
            self.go_on(one)
            one.department = True
            one.become("assigned")

    @rule(which=WHICH)
    def send_back(self, which: int) -> None:
        one = self.models[which]
        treated = one.status == "resolved"
        if self.on(referral.send_back, one, (*AT_WORK, "resolved"), reason="لا"):
            one.department = treated
            one.become("assigned" if treated else "classified")

    @rule(which=WHICH)
    def start(self, which: int) -> None:
        one = self.models[which]
        question = ("waiting_reporter",) if one.asked_in in AT_WORK else ()
        if self.on(treatment.start, one, (*AT_WORK, "waiting_external", *question)):
            self.go_on(one)
            one.become("in_progress")

    @rule(which=WHICH)
    def link(self, which: int) -> None:
        one = self.models[which]
        if self.on(referral.link_external, one, AT_WORK, body="electricity"):
            self.wait(one)
            one.become("waiting_external")

    @rule(which=WHICH)
    def ask_reporter(self, which: int) -> None:
        one = self.models[which]
        if self.on(referral.ask, one, (*UNASSIGNED, *AT_WORK), question="أين؟"):
            one.asked_in = one.status
            self.wait(one)
            one.become("waiting_reporter")

    @rule(which=WHICH)
    def answer(self, which: int) -> None:
        one = self.models[which]
        if self.on(referral.answer, one, ("waiting_reporter",), text="هنا"):
            self.go_on(one)
            one.become(one.asked_in or "")

    @rule(which=WHICH)
    def resolve(self, which: int) -> None:
        one = self.models[which]
        if self.on(treatment.resolve, one, (*AT_WORK, "waiting_external"), text="تم"):
            self.go_on(one)
            one.become("resolved")

    @rule(which=WHICH)
    def close(self, which: int) -> None:
        one = self.models[which]
        if self.on(ending.close, one, ("resolved",), rule=RULE):
            for model in self.models:
                if model is one or model.main is one and model.status == "duplicate":
                    model.until = last_moment(self.now + RULE.window)
                    model.become("closed")

    @rule(which=WHICH)
    def reopen(self, which: int) -> None:
        one = self.models[which]
        inside = one.until is not None and self.now <= one.until and one.reopened < RULE.most
        allowed = one.status == "closed" and inside
        if self.ask(
            allowed,
            lambda session: ending.reopen(
                UnitOfWork(session, self.officer, self.now), one.report_id, reason="لا", rule=RULE
            ),
        ):
            one.reopened, one.until, one.main, one.followers = one.reopened + 1, None, None, 0
            one.become("assigned")

    @rule(which=WHICH)
    def reject(self, which: int) -> None:
        one = self.models[which]
        if self.on(referral.reject, one, RUNNING, reason="لا"):
            one.go_on(self.now)
            for model in self.models:
                if model is one or model.main is one and model.status == "duplicate":
                    model.become("rejected")

    @rule(which=WHICH)
    def correct(self, which: int) -> None:
        one = self.models[which]
        changes = {"location": {"town": "صفوى"}}
        if self.on(referral.correct, one, (*RUNNING, "resolved"), changes=changes):
            one.become(one.status)

    @rule(which=WHICH)
    def merge(self, which: int) -> None:
        one, other = self.models[which], self.models[1 - which]
        free = other.status not in ("closed", "rejected", "duplicate") and not one.followers
        if self.ask(
            one.status in RUNNING and free,
            lambda session: duplicates.mark_duplicate(
                UnitOfWork(session, self.officer, self.now), one.report_id, main_id=other.report_id
            ),
        ):
            self.go_on(one)
            one.main, other.followers, other.version = other, other.followers + 1, other.version + 1
            one.become("duplicate")

    @rule(which=WHICH)
    def split(self, which: int) -> None:
        one = self.models[which]
        if self.on(duplicates.split, one, ("duplicate",)) and one.main:
            one.main.followers, one.main.version = one.main.followers - 1, one.main.version + 1
            one.main = None
            one.become("assigned" if one.department else "classified")

    @rule(which=WHICH)
    def the_deadline_fires(self, which: int) -> None:
        one = self.models[which]
        with self.database.transaction() as session:
            due = pending(session, "report", one.report_id).get("escalation")
            if due is None:
                return
            self.now = max(self.now, due)
            drop_deadline(session, "report", one.report_id, "escalation")
            escalation.escalate(UnitOfWork(session, SERVICE_CLOCK, self.now), one.report_id)
        one.version += 1

    @invariant()
    def events_are_the_versions_and_the_last_one_is_the_state(self) -> None:
        for one in self.models:
            events = self.published(one.report_id)
            assert [event.version for event in events] == list(range(1, one.version + 1))
            last = events[-1].envelope["data"]
            assert (last["status"], last["reopen_count"]) == (one.status, one.reopened)
            may_reopen = one.status == "closed" and one.reopened < RULE.most
            assert (last["reopenable_until"] is not None) == may_reopen
            assert last["inquiry"]["status"] == one.status

    @invariant()
    def the_clock_is_filing_and_service_time_and_waiting(self) -> None:
        with self.database.transaction() as session:
            for one in self.models:
                row = session.get(Report, one.report_id)
                assert (row.filed_at, row.own_due_at) == (one.filed_at, one.own_due)
                if one.main is None:  # a duplicate is due when its main report is
                    leader = one.main if one.main and one.status == "duplicate" else one
                assert (row.due_at is None) == (leader.status in WAITING)
                if leader is not one:
                    assert row.due_at == session.get(Report, leader.report_id).due_at

    @invariant()
    def a_main_report_is_due_when_the_first_of_its_followers_would_be(self) -> None:
        for main in self.models:
            due = [one.own_due for one in self.models if one.main is main and one.own_due]
            if main.status in RUNNING and main.own_due and due:
                with self.database.transaction() as session:
                    assert session.get(Report, main.report_id).due_at == min(main.own_due, *due)

    @invariant()
    def there_is_a_deadline_while_something_may_escalate(self) -> None:
        with self.database.transaction() as session:
            for one in self.models:
                level = session.get(Report, one.report_id).escalation_level
                expected = one.status in (*UNASSIGNED, *AT_WORK) and level < 3
                assert bool(pending(session, "report", one.report_id)) == expected

    def published(self, report_id: str) -> list[Any]:
        statement = text(
            "SELECT version, convert_from(data, 'UTF8')::json AS envelope FROM outbox"
            " WHERE aggregate_id = :id ORDER BY id"
        )
        with self.database.transaction() as session:
            return list(session.execute(statement, {"id": report_id}).all())


@pytest.mark.budget(90, reason="a state machine searches for an order that breaks a rule")
def test_no_order_of_commands_does_what_the_rules_forbid(
    database: Any, officer: Any, new_report: Any
) -> None:
    run_state_machine_as_test(lambda: Life(database, officer, new_report), settings=LIMITS)
