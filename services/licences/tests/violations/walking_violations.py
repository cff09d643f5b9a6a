"""A state machine of a violation's life on a real database: every order of commands, payments and days, against a model
of the rules. Whatever is asked for, it's allowed exactly when the model says so, a refusal changes nothing, and from
wherever the machine stops, an end is reached. What always has to hold: promises_of_violations.py."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from chassis.core.refusals import Conflict
from chassis.data.deadlines import due, take
from chassis.data.unit_of_work import UnitOfWork
from chassis.testing_walks import Tally, WalkDatabase
from licences.commands.recording import SYSTEM
from licences.commands.violations.court import enter_judgment, file_lawsuit
from licences.commands.violations.deadlines import (
    SERVICE_CLOCK,
    become_final,
    close_paid,
    end_correction,
    note_overdue,
)
from licences.commands.violations.decide import Verdict, cancel_violation, decide_objection
from licences.commands.violations.object import file_objection
from licences.commands.violations.observe import (
    Observation,
    confirm_violation,
    lock_violation,
    note_correction,
    notify_offender,
    observe_violation,
    warn_offender,
)
from licences.commands.violations.pay import (
    close_violation,
    end_fine_bill,
    note_fine_bill,
    rebill_fine,
    receive_fine_payment,
    receive_fine_refund,
)
from licences.models import FineInvoice, Violation

from .conftest import BILL, CLERK, INSPECTOR, OFFENDER, OFFICER, Person
from .promises_of_violations import ENDED, Model, Promises

TALLY = Tally("licences: life of a violation")
PAYABLE = ("notified", "unpaid", "upheld", "reduced")
CANCELLABLE = ("observed", "warned", "confirmed", *PAYABLE, "objected", "judicial", "paid")


BY_ITSELF = {
    "violation-correction": end_correction,
    "violation-finality": become_final,
    "violation-decision": note_overdue,
    "violation-closing": close_paid,
}


class Life(Promises, RuleBasedStateMachine):
    def __init__(self, database: WalkDatabase, item: str) -> None:
        super().__init__()
        self.database, self.session = database, database.session
        database.begin_walk()
        self.now = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
        self.model = Model()
        self.warns = item == "3001"
        with database.transaction() as session:
            sight = Observation(item=item, municipality="qatif", offender=OFFENDER)
            row = observe_violation(UnitOfWork(session, INSPECTOR, self.now), sight)
            self.violation_id = row.violation_id

    def teardown(self) -> None:
        self.reach_an_end()
        self.database.end_walk()

    @property
    def today(self) -> date:
        return (self.now + timedelta(hours=3)).date()

    def ask(self, what: str, allowed: bool, command: Callable[[Any], Any]) -> bool:
        """Runs a command in a transaction of its own, and expects what the model says."""
        refused = None
        try:
            with self.database.transaction() as session:
                command(session)
        except Conflict as error:
            refused = error
            TALLY.count_refusal(what, error)
        else:
            TALLY.count_effect(what)
        assert (refused is None) == allowed, f"the model says {allowed}, the answer was {refused!r}"
        return allowed

    def on(self, allowed: bool, act: Any, actor: Any, *more: Any, **named: Any) -> bool:
        return self.ask(
            act.__name__,
            allowed,
            lambda session: act(
                UnitOfWork(session, actor, self.now), self.violation_id, *more, **named
            ),
        )

    def row(self) -> Violation:
        found: Violation = self.session.get_one(Violation, self.violation_id)
        self.held = found  # a session reads anew what nobody holds
        return found

    def invoiced(self) -> None:
        self.model.invoices.append(str(self.row().invoice_id))
        self.model.has_open_invoice = True

    @initialize(steps=st.integers(0, 6))
    def brought_along(self, steps: int) -> None:
        """Begins anywhere on the longest way, since chance alone hardly comes so far."""
        along = (
            self.confirm,
            self.notify,
            lambda: self.object_to(CLERK),
            lambda: self.decide("uphold", 75, False, OFFICER),
            self.sue,
            lambda: self.decide("reduce", 50, True, OFFICER),
        )
        if self.warns and steps:
            self.warn()
            self.time_passes(16)
        for step in along[:steps]:
            step()

    @rule(days=st.sampled_from([1, 8, 16, 31, 61]))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def warn(self) -> None:
        one = self.model
        if self.on(one.status == "observed" and self.warns, warn_offender, INSPECTOR):
            one.correct_until = self.today + timedelta(days=14)
            one.become("warned")
            one.told_from = one.version

    @rule()
    def correct(self) -> None:
        if self.on(self.model.status == "warned", note_correction, INSPECTOR, note="صححت"):
            self.model.become("corrected")

    @rule()
    def confirm(self) -> None:
        one = self.model
        over = one.correct_until is not None and self.today > one.correct_until
        allowed = (one.status == "observed" and not self.warns) or (one.status == "warned" and over)
        if self.on(allowed, confirm_violation, INSPECTOR, note="قائمة"):
            one.become("confirmed")

    @rule()
    def notify(self) -> None:
        one = self.model
        if self.on(one.status == "confirmed", notify_offender, INSPECTOR):
            one.until = self.today + timedelta(days=30)
            one.become("notified")
            one.told_from = one.told_from or one.version
            self.invoiced()

    def deliver_news(self, act: Any, invoice_id: str, *more: Any, **named: Any) -> None:
        """Delivers an event of payments, which is never refused."""
        with self.database.transaction() as session:
            act(UnitOfWork(session, SYSTEM, self.now), invoice_id, *more, **named)
        TALLY.count_effect(act.__name__)

    @rule(which=st.integers(0, 3))
    def bill_registered(self, which: int) -> None:
        one = self.model
        if not one.invoices:
            return
        invoice_id = one.invoices[which % len(one.invoices)]
        billed_before = self.row().bill is not None
        self.deliver_news(note_fine_bill, invoice_id, BILL)
        current = invoice_id == one.invoices[-1] and one.has_open_invoice
        if current and one.status in PAYABLE and not billed_before:
            one.become("unpaid" if one.status == "notified" else one.status)

    @rule(which=st.integers(0, 3), refused=st.booleans())
    def bill_ends(self, which: int, refused: bool) -> None:
        one = self.model
        if not one.invoices:
            return
        invoice_id = one.invoices[which % len(one.invoices)]
        was_open = one.has_open_invoice
        self.deliver_news(end_fine_bill, invoice_id, "refused" if refused else "expired")
        if invoice_id == one.invoices[-1] and was_open and one.status in PAYABLE:
            one.has_open_invoice = False
            if not refused:
                self.invoiced()

    @rule()
    def bill_again(self) -> None:
        owed = self.model.status in PAYABLE and not self.model.has_open_invoice
        if self.on(owed, rebill_fine, OFFICER):
            self.invoiced()

    @rule(which=st.integers(0, 3))
    def money_comes(self, which: int) -> None:
        one = self.model
        if not one.invoices:
            return
        invoice_id = one.invoices[which % len(one.invoices)]
        bill = self.session.get_one(FineInvoice, invoice_id)
        status, expired, in_time = (
            *(bill.status, bill.reason == "expired"),
            self.today <= bill.due_on,
        )
        self.deliver_news(receive_fine_payment, invoice_id, paid_at=self.now)
        again = status == "ended" and expired
        if one.status in PAYABLE and (status == "requested" or (again and in_time)):
            one.invoices.remove(invoice_id)
            one.invoices.append(invoice_id)
            one.until, one.has_open_invoice, one.paid_on = None, False, self.today
            one.become("paid")
        elif again or status in ("requested", "withdrawn"):
            one.version += 1  # the money isn't owed: it goes back, and the offender is told

    @rule(gone=st.booleans())
    def money_goes_back(self, gone: bool) -> None:
        one = self.model
        if one.status != "paid":
            return
        self.deliver_news(receive_fine_refund, one.invoices[-1], gone=gone)
        days = 60 if one.objected else 30
        one.until, one.paid_on = None if one.final else self.today + timedelta(days=days), None
        decided = "reduced" if one.share < 100 else "upheld"
        one.become(decided if one.objected else "unpaid")
        one.version += gone  # that the money has left is told by itself
        self.invoiced()

    @rule(who=st.sampled_from([INSPECTOR, CLERK]))
    def object_to(self, who: Person) -> None:
        one = self.model
        in_time = one.until is not None and self.today <= one.until
        allowed = one.status in ("notified", "unpaid") and in_time

        def command(session: Any) -> None:
            row = lock_violation(UnitOfWork(session, who, self.now), self.violation_id)
            file_objection(UnitOfWork(session, who, self.now), row, reasons="لا")

        if self.ask("object_to", allowed, command):
            one.involved = (*one.involved, who)
            one.until, one.has_open_invoice, one.objected = None, False, True
            one.decide_until = self.today + timedelta(days=15)
            one.become("objected")

    @rule(
        outcome=st.sampled_from(["uphold", "reduce", "cancel"]),
        share=st.sampled_from([75, 50, 25]),
        by_court=st.booleans(),
        who=st.sampled_from([OFFICER, OFFICER, CLERK, INSPECTOR]),
    )
    def decide(self, outcome: str, share: int, by_court: bool, who: Any) -> None:
        one = self.model
        waits, act = ("judicial", enter_judgment) if by_court else ("objected", decide_objection)
        allowed = one.status == waits and who not in one.involved
        allowed = allowed and not (outcome == "reduce" and share >= one.share)
        decision = Verdict(
            outcome=outcome, reasons="كذا", reduce_to=share if outcome == "reduce" else None
        )
        if not self.on(allowed, act, who, decision):
            return
        if outcome == "cancel":
            one.become("cancelled")
            return
        if outcome == "reduce":
            one.share = share
        one.judged = one.final = by_court
        one.until = None if by_court else self.today + timedelta(days=60)
        one.become("upheld" if outcome == "uphold" else "reduced")
        self.invoiced()

    @rule()
    def sue(self) -> None:
        one = self.model
        in_time = one.until is not None and self.today <= one.until
        allowed = one.status in ("upheld", "reduced") and in_time
        if self.on(allowed, file_lawsuit, OFFICER, case_number="4471/1448"):
            one.until, one.has_open_invoice = None, False
            one.become("judicial")

    @rule(who=st.sampled_from([OFFICER, CLERK, INSPECTOR]))
    def cancel(self, who: Any) -> None:
        one = self.model
        allowed = one.status in CANCELLABLE and who not in one.involved
        if self.on(allowed, cancel_violation, who, reason="خطأ"):
            one.until, one.has_open_invoice = None, False
            one.become("cancelled")

    @rule()
    def close(self) -> None:
        if self.on(self.model.status == "paid", close_violation, INSPECTOR, note="انتهى"):
            self.model.become("closed")

    @rule()
    def the_clock_strikes(self) -> None:
        """Fires what is due, as `work` fires it."""
        with self.database.transaction() as session:
            for one in due(session, list(BY_ITSELF), now=self.now, most=10):
                assert take(session, one, now=self.now)
                work = UnitOfWork(session, SERVICE_CLOCK, self.now)
                BY_ITSELF[one.kind](work, work.lock(Violation, self.violation_id))
        self._expect_the_clock(self.model)

    def _expect_the_clock(self, one: Model) -> None:
        if one.status == "warned" and one.correct_until and self.today > one.correct_until:
            one.version, one.looked = one.version + (not one.looked), True
        if one.status in PAYABLE and not one.final and one.until and self.today > one.until:
            one.final, one.until, one.version = True, None, one.version + 1
        if one.status == "objected" and one.decide_until and self.today > one.decide_until:
            one.version, one.overdue = one.version + (not one.overdue), True
        if one.status == "paid" and one.paid_on and self.today > one.paid_on + timedelta(days=30):
            one.become("closed")

    def reach_an_end(self) -> None:
        """Goes the shortest way of the office to an end."""
        for _ in range(4):
            if self.model.status in ENDED:
                return
            if self.model.status == "paid":
                self.close()
            else:
                self.cancel(OFFICER)
        assert self.model.status in ENDED
