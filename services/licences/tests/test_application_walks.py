"""A state machine of an application's life: every order of what applicant, officer, inspector, payer, registers and
time do, against a model of the rules.

Whatever is asked for in whatever order, it's allowed exactly when the model says so, and a refusal changes nothing;
each change is one event with the next version; there's an open invoice exactly while the money is waited for, and a
licence exactly when it's issued; every state that waits for somebody has its deadline; no review or visit of before a
correction counts after it; and from wherever the machine stops, an end is reached.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)
from sqlalchemy import select, text

from chassis.core.ids import new_id
from chassis.core.refusals import Conflict
from chassis.data.deadlines import due, pending, take
from chassis.data.unit_of_work import UnitOfWork
from chassis.testing_walks import Tally, WalkDatabase, take_walks
from licences.commands.activities import publish_activities
from licences.commands.bill import receive_payment
from licences.commands.correct import correct_application, withdraw_application
from licences.commands.decide import (
    Answers,
    Job,
    claim_questions,
    end_overdue,
    questions_about_all,
    record_answers,
)
from licences.commands.recording import SYSTEM
from licences.commands.review import (
    approve_application,
    order_inspection,
    record_inspection,
    refuse_after_review,
    return_application,
)
from licences.commands.submit import Submission, submit_application
from licences.models import Application, Ask, Invoice, Licence
from licences.outside import Unanswered

from .conftest import LEASE, Outside, Person, _shop, knowing

TALLY = Tally("licences: life of an application")
OFFICER = Person()
ENDED = ("issued", "refused", "withdrawn")
# The promise of the states, written out a second time on purpose.
ALLOWED = {
    "approve": ("waiting", "in_review"),
    "return": ("waiting", "in_review", "inspection", "awaiting_payment"),
    "correct": ("waiting", "returned"),
    "refuse": ("waiting", "returned", "in_review", "inspection"),
    "order": ("in_review",),
    "inspect": ("inspection",),
    "withdraw": ("submitted", "waiting", "returned", "in_review", "inspection", "awaiting_payment"),
}
DEADLINES = {
    "waiting": "waiting",
    "returned": "completion",
    "awaiting_payment": "payment",
}
# What a deadline ends with.
ENDS = {"waiting": "refused", "completion": "withdrawn", "payment": "withdrawn"}
BEGAN = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
LEASED = {"starts_on": "2026-11-01", "ends_on": "2029-10-31"}


@dataclass
class Model:
    """The application by the rules. A shop of 300 m² isn't immediate; its lease may not be registered."""

    status: str = "submitted"
    version: int = 1
    lease: bool = True
    approved: bool = False
    has_invoice: bool = False

    def become(self, status: str, *, events: int = 1) -> None:
        self.status, self.version = status, self.version + events

    def decide(self) -> None:
        """Decides by what is known. An application that an officer or inspector has stays there."""
        with_officer = self.status in ("in_review", "inspection")
        if not self.lease:
            if not with_officer and self.status != "waiting":
                self.become("waiting")
        elif not self.approved:
            if not with_officer:
                self.become("in_review")
        elif self.status != "inspection":
            self.has_invoice = True
            self.become("awaiting_payment")


class Life(RuleBasedStateMachine):
    def __init__(self, database: WalkDatabase) -> None:
        super().__init__()
        self.database, self.session = database, database.session
        database.begin_walk()
        self.now = BEGAN
        self.model, self.outside = Model(), knowing()
        self.outside.knows("lease_register", LEASE, **LEASED)
        self.application_id = new_id()

    def teardown(self) -> None:
        self.reach_an_end()
        self.database.end_walk()

    @initialize(lease=st.booleans())
    def submit(self, lease: bool) -> None:
        self.register(lease)
        submission = Submission(
            application_id=self.application_id, request="issue", municipality="saihat",
            channel="partner", body=_shop(area_m2=300), submitted_at=self.now,
            submitted_by={"kind": "machine", "client_id": "saihat-system", "subject": "s"},
        )  # fmt: skip
        with self.database.transaction() as session:
            submit_application(UnitOfWork(session, OFFICER, self.now), submission)
        self.registers_answer()

    def register(self, lease: bool) -> None:
        self.model.lease = lease
        if lease:
            self.outside.knows("lease_register", LEASE, **LEASED)
        else:
            self.outside.answers.pop(("lease_register", LEASE), None)

    def ask(self, action: str, command: Callable[[Any], Any]) -> bool:
        """Runs a command in a transaction of its own, and expects what the model says."""
        allowed, refused = self.model.status in ALLOWED[action], None
        try:
            with self.database.transaction() as session:
                command(session)
        except Conflict as error:
            refused = error
            TALLY.count_refusal(action, error)
        else:
            TALLY.count_effect(action, self.model.status)
        assert (refused is None) == allowed, f"{action}: the model says {allowed}, {refused!r}"
        return allowed

    def on(self, action: str, act: Any, **named: Any) -> bool:
        return self.ask(
            action,
            lambda session: act(
                UnitOfWork(session, OFFICER, self.now), self.application_id, **named
            ),
        )

    @rule()
    def approve(self) -> None:
        if self.on("approve", approve_application, reason="مستوفٍ"):
            is_new, self.model.approved = not self.model.approved, True
            self.model.version += 1  # the approval itself
            if self.model.status == "waiting" and not self.model.lease:
                self.model.version += is_new  # it waits for less than before
            else:
                self.model.decide()

    @rule()
    def give_back(self) -> None:
        if self.on("return", return_application, reasons=[{"ar": "أكملوا"}]):
            self.model.has_invoice = False
            self.model.become("returned")

    @rule(lease=st.booleans())
    def correct(self, lease: bool) -> None:
        """Sends another area, and perhaps another lease. No officer or inspector has judged these."""
        body = _shop(area_m2=310 if self.model.version % 2 else 300)

        def act(work: UnitOfWork, application_id: str) -> None:
            correct_application(work, application_id, body)

        if self.on("correct", act):
            self.register(lease or self.model.lease)
            self.model.approved = False
            self.model.become("submitted")
            self.registers_answer()

    @rule()
    def refuse(self) -> None:
        if self.on("refuse", refuse_after_review, reason="غير مستوفٍ"):
            self.model.become("refused")

    @rule()
    def order_a_visit(self) -> None:
        if self.on("order", order_inspection):
            self.model.become("inspection")

    @rule(passed=st.booleans())
    def inspect(self, passed: bool) -> None:
        day = (self.now + timedelta(hours=3)).date()
        if not self.on(
            "inspect", record_inspection, passed=passed, inspected_on=day, note="معاينة"
        ):
            return
        self.model.become("in_review")  # the result itself is told
        if passed:
            self.model.decide()
        else:
            self.model.become("refused")

    @rule()
    def withdraw(self) -> None:
        def act(work: UnitOfWork, application_id: str) -> None:
            withdraw_application(work, application_id)

        if self.on("withdraw", act):
            self.model.has_invoice = False
            self.model.become("withdrawn")

    @rule()
    def the_lease_is_registered(self) -> None:
        self.register(True)
        self.registers_answer()

    def registers_answer(self) -> None:
        """Asks outside bodies once about what is due."""
        with self.database.transaction() as session:
            session.execute(text("UPDATE ask SET due_at = :now"), {"now": self.now})
            claimed = claim_questions(
                UnitOfWork(session, SYSTEM, self.now), most=9, lease=timedelta(minutes=1)
            )
            for application_id in claimed:
                (job,) = questions_about_all(
                    UnitOfWork(session, SYSTEM, self.now), [application_id]
                )
                record_answers(
                    UnitOfWork(session, SYSTEM, self.now),
                    _answered(self.outside, job),
                    again=timedelta(hours=1),
                )
        if self.model.status in ("submitted", "waiting"):
            TALLY.count_effect("registers answer", self.model.status)
            self.model.decide()

    @rule()
    def pay(self) -> None:
        """Pays the last invoice. The money of an invoice that nobody waits for goes back."""
        with self.database.transaction() as session:
            found = session.scalars(
                select(Invoice)
                .where(Invoice.application_id == self.application_id)
                .order_by(Invoice.requested_at.desc(), Invoice.invoice_id.desc())
            ).first()
            if found is None:
                return
            receive_payment(
                UnitOfWork(session, SYSTEM, self.now), found.invoice_id, paid_at=self.now
            )
        TALLY.count_effect("pay", self.model.status)
        if self.model.status == "awaiting_payment":
            self.model.has_invoice = False
            self.model.become("issued")

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        """Lets what is due by then happen."""
        self.now += timedelta(days=days)
        kinds = [kind for kind, at in self.deadlines().items() if at <= self.now]
        with self.database.transaction() as session:
            for one in due(session, tuple(ENDS), now=self.now, most=10):
                assert take(session, one, now=self.now)
                end_overdue(UnitOfWork(session, SYSTEM, self.now), one)
        if kinds:
            TALLY.count_effect(f"deadline of {kinds[0]}", self.model.status)
            self.model.has_invoice = False
            self.model.become(ENDS[kinds[0]])

    @invariant()
    def it_stands_where_the_model_says(self) -> None:
        row = self.row()
        assert (row.status, row.version) == (self.model.status, self.model.version)

    @invariant()
    def each_change_is_one_event_with_the_next_version(self) -> None:
        versions = [
            one.version
            for one in self.database.events()
            if (one.topic, one.aggregate_id) == ("licences.application", self.application_id)
        ]
        assert versions == list(range(1, self.row().version + 1))

    @invariant()
    def an_invoice_is_open_while_money_is_waited_for(self) -> None:
        states = self.values(Invoice.status, Invoice)
        assert states.count("requested") == int(self.model.has_invoice)

    @invariant()
    def what_waits_for_somebody_has_its_deadline(self) -> None:
        kind = DEADLINES.get(self.model.status)
        assert self.deadlines().keys() == ({kind} if kind else set())

    @invariant()
    def registers_are_asked_while_it_waits_for_them(self) -> None:
        asked = self.values(Ask.application_id, Ask)
        assert bool(asked) == (self.model.status in ("submitted", "waiting"))

    @invariant()
    def there_is_a_licence_when_it_is_issued(self) -> None:
        licences = self.values(Licence.licence_id, Licence)
        assert len(licences) == int(self.model.status == "issued")

    def row(self) -> Application:
        found = self.session.get_one(Application, self.application_id)
        self.held = found  # a session reads anew what nobody holds
        return found

    def values(self, column: Any, model: Any) -> Sequence[Any]:
        """Returns the column of the model's rows that belong to the application."""
        own = model.application_id == self.application_id
        return self.database.scalars(select(column).where(own))

    def deadlines(self) -> dict[str, datetime]:
        named = (self.session, "application", self.application_id)
        return self.database.read("deadlines", lambda: pending(*named))

    def reach_an_end(self) -> None:
        """Goes the shortest way to an end."""
        if self.model.status not in ENDED:
            self.withdraw()
        assert self.row().status in ENDED


def _answered(outside: Outside, job: Job) -> Answers:
    answers, failures = {}, {}
    for body, question in job.questions.items():
        try:
            answers[body] = outside.ask(body, question)
        except Unanswered as error:
            failures[body] = error.code
    return Answers(job, answers, failures)


def test_an_application_lives_as_the_model_says(session: Any, database: Any) -> None:
    publish_activities(UnitOfWork(session, SYSTEM, BEGAN))
    kept = WalkDatabase(session, database)
    take_walks(lambda: Life(kept), TALLY, connection=database.connection, few=8, steps=10)
