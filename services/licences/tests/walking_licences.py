"""A state machine of one establishment with two doors: applications, licences, bills, money, stops and the clock, in
any order. Commands take what people do, the handlers take payments' events, and the loop of deadlines takes what is
due. What always has to hold: promises_of_licences.py."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import select

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.core.refusals import Refusal
from chassis.data.deadlines import due
from chassis.data.unit_of_work import UnitOfWork
from chassis.run.deadlines import Deadlines
from chassis.testing_walks import Tally, WalkDatabase
from licences.app import SERVICE
from licences.commands.correct import correct_application, withdraw_application
from licences.commands.decide import Answers, claim_questions, questions_about_all, record_answers
from licences.commands.recording import SYSTEM
from licences.commands.review import approve_application, refuse_after_review, return_application
from licences.commands.submit import Submission, submit_application
from licences.commands.supervise import (
    cancel_by_municipality,
    close_licence,
    reinstate_licence,
    suspend_licence,
)
from licences.models import Application, Invoice, Licence

from .conftest import Outside, Person, _shop, knowing
from .promises_of_licences import HELD_BACK, OPEN, Promises

TALLY = Tally("licences: two doors of an establishment")
CLERK, CLOSER, OPENER = Person(), Person(subject="p_closer"), Person(subject="p_opener")
BEGAN = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
DOORS = (("20000000001", 50.04), ("20000000002", 50.05))
PICK = st.integers(0, 7)
DOOR = st.integers(0, 1)


@dataclass
class WalkFixtures:
    """The fixtures of pytest that a walk uses."""

    database: WalkDatabase
    context: Any
    process: Any


class Licences(Promises, RuleBasedStateMachine):
    def __init__(self, fixtures: WalkFixtures) -> None:
        super().__init__()
        self.database, self.context = fixtures.database, fixtures.context
        self.session = self.database.session
        self.database.begin_walk()
        self.now = BEGAN
        self.loop = Deadlines(fixtures.process, clock=lambda: self.now)
        self.outside: Outside = knowing()
        for lease, _ in DOORS:
            self.outside.knows(
                "lease_register", lease, starts_on="2026-11-01", ends_on="2031-10-31"
            )
        self.begin_promises()

    def teardown(self) -> None:
        self.database.end_walk()

    # How things are done.

    def do(self, what: str, act: Callable[[UnitOfWork], Any], actor: Any = CLERK) -> bool:
        """Runs a command in a transaction of its own, some seconds later. A refusal changes nothing."""
        self.now += timedelta(seconds=7)
        try:
            with self.database.transaction() as session:
                act(UnitOfWork(session, actor, self.now))
        except Refusal as refused:
            TALLY.count_refusal(what, refused)
            return False
        TALLY.count_effect(what)
        self.moved = True
        return True

    def hear(self, topic: str, happened: str, **data: Any) -> None:
        """Delivers an event of payments, by the handler that takes it."""
        kind = f"sa.gov.qatif.{topic}.{happened}.v1"
        event = Received(
            id=new_id(), type=kind, subject=new_id(), sequence=1, time=self.now,
            data={"service": "licences", "status": happened, **data},
        )  # fmt: skip
        with self.database.transaction() as session:
            context = replace(self.context, open_session=lambda: session, now=self.now)
            handler: Any = SERVICE.handlers[topic][kind]
            handler(context, event)
        TALLY.count_effect(f"{topic} {happened}")
        self.moved = True

    def one(self, model: Any, key: Any, number: int, *which: Any) -> Any:
        found = self.database.scalars(select(key).where(*which).order_by(key))
        return found[number % len(found)] if found else None

    def form(self, door: int, **changes: Any) -> Any:
        lease, longitude = DOORS[door]
        body = _shop(**changes)
        days = {"starts_on": "2026-11-01", "ends_on": "2031-10-31"}
        place = {**body["place"], "longitude": longitude}
        return {**body, "lease": {"ejar_no": lease, **days}, "place": place}

    # What people do.

    @rule(door=DOOR, large=st.booleans(), leaves=PICK, moves=st.booleans())
    def apply(self, door: int, large: bool, leaves: int, moves: bool) -> None:
        body = self.form(door, area_m2=300 if large else 45)
        if moves and (old := self.one(Licence, Licence.licence_no, leaves)):
            body["replaces_licence_no"] = old
        self._submit(body, "issue", None)

    @rule(which=PICK)
    def renew(self, which: int) -> None:
        if number := self.one(Licence, Licence.licence_no, which):
            self._submit({"years": 1}, "renew", number)

    @rule(which=PICK)
    def end(self, which: int) -> None:
        if number := self.one(Licence, Licence.licence_no, which):
            self._submit({"reason": "انتهى"}, "cancel", number)

    def _submit(self, body: Any, request: str, licence_no: str | None) -> None:
        by = {"kind": "staff", "client_id": "c", "subject": "s"}
        sent = Submission(
            new_id(), request, "saihat", "staff", body, by, self.now, licence_no=licence_no
        )
        self.do(request, lambda work: submit_application(work, sent))

    @rule()
    def bodies_answer(self) -> None:
        with self.database.transaction() as session:
            work = UnitOfWork(session, SYSTEM, self.now)
            claimed = claim_questions(work, most=100, lease=timedelta(minutes=1))
        for key in claimed:
            with self.database.transaction() as session:
                work = UnitOfWork(session, SYSTEM, self.now)
                (job,) = questions_about_all(work, [key])
                found = {body: self.outside.ask(body, one) for body, one in job.questions.items()}
                record_answers(work, Answers(job, found), again=timedelta(hours=1))
            TALLY.count_effect("bodies answer")
            self.moved = True

    @rule(which=PICK, door=DOOR)
    def correct(self, which: int, door: int) -> None:
        if key := self.one(
            Application, Application.application_id, which, Application.status.in_(OPEN)
        ):
            body = {**self.form(door), "years": 1}
            self.do("correct", lambda work: correct_application(work, key, body))

    @rule(which=PICK, how=st.sampled_from(["approve", "return", "refuse", "withdraw"]))
    def officer_acts(self, which: int, how: str) -> None:
        key = self.one(Application, Application.application_id, which, Application.status.in_(OPEN))
        acts: dict[str, Callable[[UnitOfWork], Any]] = {
            "approve": lambda work: approve_application(work, key, reason="سبب"),
            "return": lambda work: return_application(work, key, reasons=[{"ar": "سبب"}]),
            "refuse": lambda work: refuse_after_review(work, key, reason="سبب"),
            "withdraw": lambda work: withdraw_application(work, key, reason="سبب"),
        }
        if key:
            self.do(how, acts[how])

    @rule(which=PICK, days_ago=st.sampled_from([0, 0, 0, 3, 40]), twice=st.booleans())
    def money_comes(self, which: int, days_ago: int, twice: bool) -> None:
        """For any bill that ever was, also twice, also late; a refused bill was never there to be paid."""
        invoice = self.one(
            Invoice, Invoice.invoice_id, which, Invoice.reason.is_distinct_from("refused")
        )
        for _ in range(1 + twice if invoice else 0):
            paid_at = self.now - timedelta(days=days_ago)
            self.came.setdefault(str(invoice), paid_at)
            paid = paid_at.isoformat()
            self.hear(
                "payments.payment", "settled", invoice_id=invoice, paid_at=paid, settled_at=paid
            )

    @rule(which=PICK, how=st.sampled_from(["expired", "refused", "cancelled"]))
    def a_bill_ends(self, which: int, how: str) -> None:
        if invoice := self.one(Invoice, Invoice.invoice_id, which):
            self.hear("payments.bill", how, invoice_id=invoice)

    @rule(which=PICK, how=st.sampled_from(["refunding", "refunded"]))
    def money_goes_back(self, which: int, how: str) -> None:
        asked = Invoice.status.in_(("paid", *HELD_BACK))
        if invoice := self.one(Invoice, Invoice.invoice_id, which, asked):
            settled = self.now.isoformat()
            self.hear("payments.payment", how, invoice_id=invoice, settled_at=settled)

    @rule(which=PICK, how=st.sampled_from(["suspend", "close", "reinstate", "cancel"]))
    def the_municipality_acts(self, which: int, how: str) -> None:
        number = self.one(Licence, Licence.licence_no, which)
        acts: dict[str, tuple[Any, Any]] = {
            "suspend": (CLERK, suspend_licence),
            "close": (CLOSER, close_licence),
            "reinstate": (OPENER, reinstate_licence),
            "cancel": (CLERK, cancel_by_municipality),
        }
        actor, act = acts[how]
        if number and self.do(how, lambda work: act(work, number, reason="سبب"), actor):
            (self.stopped.add if how in ("suspend", "close") else self._lift)(number)

    def _lift(self, number: str) -> None:
        row = self.session.scalars(select(Licence).where(Licence.licence_no == number)).one()
        if row.status not in ("suspended", "closed"):
            self.stopped.discard(number)

    @rule(days=st.sampled_from([1, 29, 31, 36, 91, 280, 366]), strikes=st.booleans())
    def time_passes(self, days: int, strikes: bool) -> None:
        self.now += timedelta(days=days)
        if strikes:
            self.the_clock_strikes()

    @rule()
    def the_clock_strikes(self) -> None:
        self.database.run_beside(self._fire_deadlines)
        self.moved, self.settled = True, True
        left = due(self.session, sorted(SERVICE.deadlines), now=self.now, most=10)
        assert left == [], "a deadline that was taken is due again"

    def _fire_deadlines(self) -> None:
        while self.loop.step(Stop()):
            pass

    # In turn.

    @initialize(door=DOOR, large=st.booleans(), paid=st.booleans())
    def begin(self, door: int, large: bool, paid: bool) -> None:
        """Walks begin with an application that is on its way, so that they get far."""
        self.apply_and_pay(door, large, paid)
        self.apply_and_pay(1 - door, False, True)

    @rule(door=DOOR, large=st.booleans(), paid=st.booleans())
    def apply_and_pay(self, door: int, large: bool, paid: bool) -> None:
        self.apply(door, large, 0, False)
        self.bodies_answer()
        self.pay_open_bills(paid)

    @rule(which=PICK, paid=st.booleans())
    def renew_and_pay(self, which: int, paid: bool) -> None:
        self.renew(which)
        self.bodies_answer()
        self.pay_open_bills(paid)

    @rule(leaves=PICK, door=DOOR, paid=st.booleans())
    def move_and_pay(self, leaves: int, door: int, paid: bool) -> None:
        self.apply(door, False, leaves, True)
        self.bodies_answer()
        self.pay_open_bills(paid)

    def pay_open_bills(self, paid: bool) -> None:
        self.everything_holds()
        open_ = select(Invoice.invoice_id).where(Invoice.status == "requested")
        found = self.session.scalars(open_.order_by(Invoice.invoice_id)).all()
        for invoice in found if paid else ():
            at = self.now.isoformat()
            self.came.setdefault(str(invoice), self.now)
            self.hear("payments.payment", "settled", invoice_id=invoice, paid_at=at, settled_at=at)
            self.everything_holds()
