"""A state machine of bills and money: invoices, a bill system that loses answers, notices that come twice, late and out
of order, cashiers, accountants, deadlines and reconciliations, interleaved and over several bills.

The machine keeps what is true outside: which invoices were sent and withdrawn, and which money payers really paid. The
invariants compare the service's rows with that.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from sqlalchemy import select

from chassis.core.ids import new_id
from chassis.core.refusals import Refusal
from chassis.core.times import rfc3339
from chassis.data.calls import CompletedCall
from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from chassis.run.deadlines import Deadlines
from chassis.testing_walks import Tally, WalkDatabase
from payments.commands import accounts, decisions, notices, reconcile, register, settle
from payments.commands.decisions import Proposal
from payments.commands.recording import BILL_SYSTEM, CLOCK
from payments.consumers import HANDLERS
from payments.domain.decisions import Kind
from payments.domain.payments import Source
from payments.domain.refunds import Payer
from payments.domain.registration import Call, Outcome, Policy, Result
from payments.domain.settlement import Line
from payments.models import Decision, Payment
from saudi.days import legal_day

from .conftest import PAYER, Person, invoice_event, notice_of
from .money_invariants import Invoice, Money, MoneyInvariants, ThereBill

POLICY = Policy()
PEOPLE = (Person(), Person("p_second"), Person("p_third"))
PAYERS = ("1000000008", "1000000016")
CITIZENS = tuple(Person(f"c_{number}", None, "citizens-portal", None, "", {}) for number in PAYERS)
IBANS = ("SA0380000000608010167519", "SA4420000001234567891234")
MOST = 6  # bills of one walk
AMOUNT = 75_000
TALLY = Tally("payments: bills and money")


@dataclass
class WalkFixtures:
    """The fixtures of pytest that a walk uses."""

    database: WalkDatabase
    process: Process[Any, Any]


@dataclass
class BillSystem:
    """The national bill system, whose answers may get lost."""

    bills: dict[str, ThereBill]

    def answer(self, job: register.Job, fault: str) -> Result:
        if fault == "not-sent":
            return Result(Outcome.NOT_SENT, "refused")
        result = self._act(job)
        return Result(Outcome.UNKNOWN, "time-out") if fault == "lost" else result

    def _act(self, job: register.Job) -> Result:
        known = self.bills.get(job.bill_id)
        if job.call is Call.REGISTER and known is None:
            number = f"4482{len(self.bills):06}"
            known = self.bills[job.bill_id] = ThereBill(number, job.bill["amount_halalas"])
        if known is None:
            return Result(Outcome.ABSENT)
        if job.call is Call.CANCEL and known.status == "open":
            known.status = "cancelled"
        words = {"open": Outcome.REGISTERED, "paid": Outcome.PAID, "cancelled": Outcome.CANCELLED}
        return Result(words[known.status], None, known.number, "174")


class MoneyWalk(MoneyInvariants):
    """`effects` counts the steps that took effect."""

    def __init__(self, fixtures: WalkFixtures) -> None:
        super().__init__()
        self.fixtures, self.database = fixtures, fixtures.database
        self.session = self.database.session
        self.database.begin_walk()
        self.now = datetime(2026, 11, 26, 8, tzinfo=UTC)
        self.there: dict[str, ThereBill] = {}
        self.bill_system = BillSystem(self.there)
        self.invoices: list[Invoice] = []
        self.money: list[Money] = []
        self.took: dict[str, str] = {}  # reference of a receipt → the cashier
        self.sent: dict[str, list[str]] = {}
        self.returned: set[str] = set()
        self.given: dict[str, set[tuple[str, str]]] = {}
        self.receipts = self.effects = 0
        self.runner = Deadlines(fixtures.process, clock=lambda: self.now)

    def teardown(self) -> None:
        try:
            self.come_to_rest()
        finally:
            self.database.end_walk()

    # ------------------------------------------------------------------------------------------------- the world

    def count(self, step: str, led_to: str = "done") -> None:
        self.effects += 1
        self.changed = True
        TALLY.count_effect(step, led_to)

    def act(self, step: str, command: Callable[[Any], Any], actor: Any = BILL_SYSTEM) -> Any:
        """Runs a command in a transaction of its own; returns None for a refusal."""
        try:
            with self.database.transaction() as session:
                done = command(UnitOfWork(session, actor, self.now))
                session.flush()
                led_to = getattr(done, "status", "done")
        except Refusal as refused:
            TALLY.count_refusal(step, refused)
            return None
        self.count(step, led_to)
        return done if done is not None else True

    def turn(self, fault: str = "ok") -> bool:
        """Runs the worker's three steps once: claim, call outside any transaction, record."""
        with self.database.transaction() as session:
            jobs = register.claim(UnitOfWork(session, BILL_SYSTEM, self.now), POLICY, limit=50)
        done = [CompletedCall(job, self.bill_system.answer(job, fault)) for job in jobs]
        with self.database.transaction() as session:
            register.record(UnitOfWork(session, BILL_SYSTEM, self.now), POLICY, done)
        self.changed = True
        return bool(jobs)

    def take_deadlines(self) -> None:
        """Runs the loop of deadlines until nothing is due."""
        self.database.run_beside(self._fire_deadlines)
        self.nothing_is_due_in_the_past()

    def _fire_deadlines(self) -> None:
        for _ in range(20):
            if not self.runner.step(Stop()):
                break

    def come_to_rest(self) -> None:
        """Runs the worker, whose calls are answered now, until it has nothing to do."""
        for _ in range(60):
            self.now += timedelta(minutes=10)
            if not self.turn():
                break
        self.nothing_can_be_paid_there_that_ended_here()
        self.each_bill_is_open_settled_withdrawn_or_expired()

    # ----------------------------------------------------------------------------------------------------- rules

    @initialize()
    def begin(self) -> None:
        for payer, place, days in ((0, 0, 1), (0, 0, 3), (1, 0, 3), (0, 1, 3)):
            self.send_invoice(payer, place, days)
        self.turn()
        for which in range(3):
            self.pay_there(which, 0)
        self.pay_twice(0)

    @rule(payer=st.integers(0, 1), place=st.integers(0, 1), days=st.sampled_from([1, 3]))
    def send_invoice(self, payer: int, place: int, days: int) -> None:
        if len(self.invoices) < MOST:
            due_on = legal_day(self.now) + timedelta(days=days)
            town = ("qatif", "saihat")[place]
            one = Invoice(new_id(), town, PAYERS[payer], AMOUNT, due_on.isoformat())
            self.invoices.append(one)
            self.deliver(one, "requested", 1)
            self.count("invoice requested")

    @rule(
        which=st.integers(0, MOST - 1), happened=st.sampled_from(["withdrawn", "refund_requested"])
    )
    def withdraw(self, which: int, happened: str) -> None:
        one = self.invoices[which % len(self.invoices)]
        if not one.withdrawn:
            bill = self.bill_of(one)
            one.withdrawn = True
            one.withdrawn_unpaid = bill is None or bill.status != "settled"
            self.deliver(one, happened, 2)
            self.count(f"invoice {happened}", f"of a {bill.status} bill" if bill else "")

    @rule(payer=st.integers(0, 1))
    def withdraw_before_the_request_arrives(self, payer: int) -> None:
        if len(self.invoices) < MOST:
            due_on = legal_day(self.now) + timedelta(days=3)
            one = Invoice(new_id(), "qatif", PAYERS[payer], AMOUNT, due_on.isoformat())
            one.withdrawn = one.withdrawn_unpaid = True
            self.invoices.append(one)
            self.deliver(one, "withdrawn", 2)
            self.count("invoice withdrawn before its request")

    @rule(which=st.integers(0, MOST - 1))
    def deliver_again(self, which: int) -> None:
        self.deliver(self.invoices[which % len(self.invoices)], "requested", 1)

    def deliver(self, one: Invoice, happened: str, sequence: int) -> None:
        """Hands an event to the consumer."""
        with self.database.transaction() as session:
            sealer = Sealer(keys_of(session).ring("payer_key"))
            payer = json.dumps({**PAYER, "id_number": one.payer}, ensure_ascii=False)
            event = invoice_event(
                session, happened, invoice_id=one.invoice_id, sequence=sequence,
                municipality=one.municipality, amount_halalas=one.amount, due_on=one.due_on,
                payer=sealer.seal_text(payer, f"payer/{one.invoice_id}"),
            )  # fmt: skip
            context = replace(self.fixtures.process.context(session), now=self.now)
            HANDLERS["licences.invoice"][event.type](context, event)  # type: ignore[operator]
        self.changed = True

    @rule(fault=st.sampled_from(["ok", "ok", "lost", "not-sent"]))
    def bill_system_is_called(self, fault: str) -> None:
        if self.turn(fault):
            self.count("bill system called", fault)

    @rule(
        which=st.integers(0, MOST - 1),
        extra=st.sampled_from([0, 0, 0, -100, 100]),
        at_once=st.booleans(),
    )
    def pay_there(self, which: int, extra: int, at_once: bool = True) -> None:
        """A payer pays. The bill system takes the whole amount of a bill once; a bank may tell it of the payment days
        later, or tell another amount."""
        offered = [key for key, one in self.there.items() if one.status == "open"]
        if offered:
            key = offered[which % len(offered)]
            bill = self.there[key]
            bill.status = "paid" if at_once and not extra else bill.status
            self.money.append(
                Money(f"SP-{new_id()}", bill.number, key, bill.amount + extra, self.now)
            )
            self.count("paid at a bank")

    @rule(which=st.integers(0, 20))
    def pay_twice(self, which: int) -> None:
        """A bank's second payment of a bill that is paid, which the bill system passes on."""
        if self.money:
            one = self.money[which % len(self.money)]
            self.money.append(
                Money(f"SP-{new_id()}", one.number, one.bill_id, one.amount, self.now)
            )
            self.count("paid at a bank", "a second time")

    @rule(which=st.integers(0, 20), anew=st.booleans())
    def notice_arrives(self, which: int, anew: bool = False) -> None:
        """A notice arrives for the first time, again, or as another notice of the same payment; in any order."""
        if self.money:
            one = self.money[which % len(self.money)]
            if one.notice is None or anew:
                one.notice = notice_of(
                    bill_number=one.number, reference=one.bill_id, payment=one.reference,
                    amount_halalas=one.amount, paid_at=one.paid_at, signed_at=self.now,
                )  # fmt: skip
            one.told += 1
            bill = self.there[one.bill_id] if one.bill_id else None
            if bill and bill.status == "open" and one.amount == bill.amount:
                bill.status = "paid"  # a bank has told the bill system meanwhile
            self.act("notice", lambda work: notices.take_notice(work, one.notice))

    @rule(which=st.integers(0, MOST - 1), who=st.integers(0, 2))
    def pay_at_the_counter(self, which: int, who: int) -> None:
        bill = self.bill_of(self.invoices[which % len(self.invoices)])
        if bill is None:
            return
        self.receipts += 1
        row = self.act(
            "counter payment",
            lambda work: settle.enter_counter_payment(
                work, bill.bill_id, receipt=f"{self.receipts:06}", method="cash",
                amount_halalas=bill.amount_halalas,
            ),
            PEOPLE[who],
        )  # fmt: skip
        if row is not None:
            self.took[row.reference] = PEOPLE[who].subject

    @rule(
        which=st.integers(0, 20), kind=st.sampled_from(list(Kind)), bill=st.integers(0, MOST - 1),
        who=st.integers(0, 2), iban=st.sampled_from([0, 1, None]),
    )  # fmt: skip
    def propose(self, which: int, kind: Kind, bill: int, who: int, iban: int | None) -> None:
        """Prefers money that waits. Without an account a refund goes to the payer's."""
        ordered = select(Payment.payment_id).order_by(Payment.status.desc(), Payment.payment_id)
        found = self.rows(ordered)
        target = self.bill_of(self.invoices[bill % len(self.invoices)])
        if not found or target is None:
            return
        payment_id = found[which % len(found)]
        (given_at,) = self.rows(
            select(Payment.account_given_at).where(Payment.payment_id == payment_id)
        )
        proposal = Proposal(
            kind=kind, reason="سبب", bill_id=target.bill_id if kind is Kind.APPLY else None,
            iban=None if iban is None else IBANS[iban],
            holder=None if iban is None else "بيانات تجريبية",
            account_given_at=rfc3339(given_at) if given_at else None,
        )  # fmt: skip
        self.act(
            f"propose {kind}",
            lambda work: decisions.propose_decision(work, payment_id, proposal),
            PEOPLE[who],
        )

    @rule(which=st.integers(0, 20), payer=st.integers(0, 1), iban=st.integers(0, 1))
    def give_account(self, which: int, payer: int, iban: int) -> None:
        """A payer gives the account for a refund, of his own money or of another one's."""
        found = self.rows(select(Payment.payment_id).order_by(Payment.payment_id))
        if found:
            key = found[which % len(found)]
            who = Payer(PAYERS[payer])
            done = self.act(
                "give account",
                lambda work: accounts.give_account(work, who, key, IBANS[iban]),
                CITIZENS[payer],
            )
            if done is not None:
                self.given.setdefault(key, set()).add((PAYERS[payer], IBANS[iban]))

    @rule(
        which=st.integers(0, 20), who=st.integers(0, 2), agrees=st.sampled_from([True, True, False])
    )
    def decide(self, which: int, who: int, agrees: bool) -> None:
        found = self.rows(select(Decision.decision_id).where(Decision.status == "proposed"))
        if found:
            key = found[which % len(found)]
            self.act(
                "decide",
                lambda work: decisions.decide(work, key, agrees=agrees, note="نعم"),
                PEOPLE[who],
            )

    @rule(which=st.integers(0, 20))
    def pay_out(self, which: int) -> None:
        found = self.rows(select(Payment.payment_id).where(Payment.status == "refunding"))
        if found:
            key = found[which % len(found)]
            transfer = f"TR-{sum(map(len, self.sent.values()))}"
            done = self.act(
                "pay out",
                lambda work: decisions.pay_out_refund(work, key, transfer=transfer),
                PEOPLE[0],
            )
            if done is not None:
                self.sent.setdefault(key, []).append(transfer)

    @rule(which=st.integers(0, 20))
    def bank_returns_a_transfer(self, which: int) -> None:
        """The bank sends money back, and an accountant records that."""
        found = [
            (key, transfer)
            for key, transfers in self.sent.items()
            for transfer in transfers
            if transfer not in self.returned
        ]
        if found:
            key, transfer = found[which % len(found)]
            self.returned.add(transfer)
            self.act(
                "return transfer",
                lambda work: decisions.return_transfer(
                    work, key, transfer=transfer, reason="الحساب مغلق"
                ),
                PEOPLE[0],
            )

    @rule(hours=st.sampled_from([1, 9, 14, 24, 73]))
    def time_passes(self, hours: int) -> None:
        """Over midnights in Riyadh, last days and the grace behind them."""
        self.now += timedelta(hours=hours)
        self.take_deadlines()
        self.count("time passes")

    @rule(back=st.integers(1, 4))
    def bank_settles_a_day(self, back: int) -> None:
        """The worker fetches a day: the bank has all money that was really paid."""
        day = legal_day(self.now) - timedelta(days=back)
        lines = [
            Line(
                line_id=one.reference, reference=one.reference, bill_number=one.number,
                amount_halalas=one.amount,
            )
            for one in self.money
            if legal_day(one.paid_at) == day
        ]  # fmt: skip
        self.act(
            "reconcile", lambda work: reconcile.reconcile(work, Source.SADAD, day, lines), CLOCK
        )

    @rule(back=st.integers(1, 4), who=st.integers(0, 2), named=st.integers(0, 3))
    def upload_a_counters_day(self, back: int, who: int, named: int) -> None:
        day = legal_day(self.now) - timedelta(days=back)
        lines = [
            Line(line_id=str(n), reference=one, bill_number=None, amount_halalas=AMOUNT)
            for n, one in enumerate(sorted(self.took)[:named])
        ]
        self.act(
            "reconcile the counter",
            lambda work: reconcile.settle_counter_day(work, day, lines),
            PEOPLE[who],
        )
