"""Two commands, events or deadlines at once on a bill or on the money that came for it: for each state in which one of
them is possible, in both orders, the second started while the first holds its locks.

`make pairs SERVICE=payments` plays them all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data import migrations
from chassis.data.calls import CompletedCall
from chassis.data.db import Database
from chassis.data.deadlines import Deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from chassis.testing_pairs import Act, Stage, State, pairs_of
from payments.app import SERVICE
from payments.commands import bills, decisions, notices, reconcile, register, settle
from payments.commands.decisions import Proposal
from payments.commands.recording import BILL_SYSTEM
from payments.domain.decisions import Kind
from payments.domain.payments import Source
from payments.domain.registration import Outcome, Policy, Result
from payments.domain.settlement import Line
from payments.models import Bill, Decision

from .conftest import BEGAN, Desk, Person, invoice_event, notice_of

NOW = BEGAN + timedelta(days=1, hours=4)
GRACE = timedelta(hours=24)
NUMBER = "4482000001"
DAY = date(2026, 11, 26)
IBAN, OTHER_IBAN = "SA0380000000608010167519", "SA4420000001234567891234"


@dataclass
class Made:
    """The things of a state; a thing that the state doesn't make has an id that nobody knows. `events`: of the
    invoice; `job`: a call that is under way."""

    bill: str
    other_bill: str = field(default_factory=new_id)
    payment: str = field(default_factory=new_id)
    decision: str = field(default_factory=new_id)
    reference: str = ""
    job: Any = None
    events: dict[str, Received] = field(default_factory=dict)


# ----------------------------------------------------------------------------------------------------------- acts


def invoice(which: str) -> Act:
    return lambda work, made: bills.take_invoice_event(work, made.events[which], grace=GRACE)


def answer(outcome: Outcome) -> Act:
    """The bill system's answer to the call that is under way is recorded."""

    def act(work: UnitOfWork, made: Made) -> None:
        done = [CompletedCall(made.job, Result(outcome, None, NUMBER, "174"))]
        register.record(work.acting_as(BILL_SYSTEM), Policy(), done)

    return act


def notice(payment: str, **changes: Any) -> Act:
    """A notice of money for the bill arrives."""

    def act(work: UnitOfWork, made: Made) -> Any:
        told = notice_of(
            bill_number=NUMBER, reference=made.bill, payment=payment, paid_at=BEGAN, **changes
        )
        return notices.take_notice(work.acting_as(BILL_SYSTEM), told)

    return act


def expire(work: UnitOfWork, made: Made) -> Any:
    """Runs the bill's deadline long after its last day."""
    late = work.now + timedelta(days=60)
    due = Deadline(aggregate_type="bill", aggregate_id=made.bill, kind="expiry", due_at=late)
    context: Any = SimpleNamespace(session=work.session, now=late)
    return SERVICE.deadlines["expiry"](context, due)


def counter(receipt: str) -> Act:
    return lambda work, made: settle.enter_counter_payment(
        work, made.bill, receipt=receipt, method="cash", amount_halalas=75_000
    )


def propose(kind: Kind, iban: str = IBAN) -> Act:
    def act(work: UnitOfWork, made: Made) -> Any:
        proposal = Proposal(
            kind=kind, reason="سبب", bill_id=made.other_bill if kind is Kind.APPLY else None,
            iban=iban, holder="بيانات تجريبية",
        )  # fmt: skip
        return decisions.propose_decision(work, made.payment, proposal)

    return act


def decide(agrees: bool) -> Act:
    return lambda work, made: decisions.decide(work, made.decision, agrees=agrees, note="نعم")


def settle_day(work: UnitOfWork, made: Made) -> Any:
    """The bank has the money that waits."""
    line = Line(line_id="1", reference=made.reference, bill_number=NUMBER, amount_halalas=75_000)
    return reconcile.reconcile(work, Source.SADAD, DAY, [line])


ACTS: Mapping[str, Act] = {
    "invoice is withdrawn": invoice("withdrawn"),
    "refund is wanted": invoice("refund_requested"),
    "invoice is requested again": invoice("requested"),
    "bill system registers": answer(Outcome.REGISTERED),
    "bill system calls it paid": answer(Outcome.PAID),
    "bill system refuses": answer(Outcome.REFUSED),
    "bill system doesn't answer": answer(Outcome.UNKNOWN),
    "money comes": notice("SP-1"),
    "other money comes": notice("SP-2"),
    "too little comes": notice("SP-3", amount_halalas=74_900),
    "bill expires": expire,
    "cashier takes money": counter("1"),
    "cashier takes money again": counter("2"),
    "propose a refund": propose(Kind.REFUND),
    "propose another account": propose(Kind.REFUND, OTHER_IBAN),
    "propose to apply": propose(Kind.APPLY),
    "propose to dismiss": propose(Kind.DISMISS),
    "approve": decide(agrees=True),
    "reject": decide(agrees=False),
    "pay out": lambda work, made: decisions.pay_out_refund(work, made.payment, transfer="TR-1"),
    "bank returns the transfer": lambda work, made: decisions.return_transfer(
        work, made.payment, transfer="TR-1", reason="سبب"
    ),
    "bank settles the day": settle_day,
    "bank settles nothing": lambda work, _: reconcile.reconcile(work, Source.SADAD, DAY, []),
}

# --------------------------------------------------------------------------------------------------------- states


def requested(session: Any) -> Made:
    """A bill whose registration is under way."""
    made = known(session, Desk(session).invoice())
    (made.job,) = register.claim(UnitOfWork(session, BILL_SYSTEM, BEGAN), Policy(), limit=5)
    return made


def known(session: Any, bill: Bill) -> Made:
    made = Made(bill.bill_id)
    for happened, sequence in (("requested", 1), ("withdrawn", 2), ("refund_requested", 3)):
        made.events[happened] = invoice_event(
            session, happened, invoice_id=bill.invoice_id, sequence=sequence
        )
    return made


def bill(*steps: str) -> Callable[[Any], Made]:
    """A registered bill after these steps."""

    def make(session: Any) -> Made:
        made = known(session, Desk(session).bill(NUMBER))
        made.other_bill = Desk(session, numbers=50).bill().bill_id
        for step in steps:
            ACTS[step](UnitOfWork(session, BILL_SYSTEM, NOW), made)
        return made

    return make


def waiting(*steps: str, proposal: str | None = None) -> Callable[[Any], Made]:
    """Money that waits for a clerk: a second payment of a bill."""

    def make(session: Any) -> Made:
        made = bill("money comes")(session)
        second = Desk(session).notice(
            session.get_one(Bill, made.bill), payment="SP-9", paid_at=BEGAN
        )
        made.payment, made.reference = second.payment_id, second.reference
        for step in steps:
            ACTS[step](UnitOfWork(session, BILL_SYSTEM, NOW), made)
        if proposal is not None:
            propose_and_keep(session, made, proposal)
        return made

    return make


def propose_and_keep(session: Any, made: Made, proposal: str) -> None:
    ACTS[proposal](UnitOfWork(session, Person("p_proposer"), NOW), made)
    session.flush()
    proposed = select(Decision.decision_id).where(Decision.status == "proposed")
    made.decision = str(session.scalar(proposed))


def refunding(proposal: str | None = None) -> Callable[[Any], Made]:
    """Money whose refund two people agreed to."""

    def make(session: Any) -> Made:
        made = waiting(proposal="propose a refund")(session)
        ACTS["approve"](UnitOfWork(session, Person("p_agreed"), NOW), made)
        if proposal is not None:
            propose_and_keep(session, made, proposal)
        return made

    return make


def transferred(*steps: str) -> Callable[[Any], Made]:
    """Money that was transferred back, after these steps."""

    def make(session: Any) -> Made:
        made = refunding()(session)
        for step in ("pay out", *steps):
            ACTS[step](UnitOfWork(session, Person("p_agreed"), NOW), made)
        return made

    return make


ON_BILLS = (
    *("invoice is withdrawn", "refund is wanted", "invoice is requested again", "money comes"),
    *("other money comes", "too little comes", "bill expires", "cashier takes money"),
    "cashier takes money again",
)
ON_CALLS = (
    *("bill system registers", "bill system calls it paid", "bill system refuses"),
    "bill system doesn't answer",
)
ON_MONEY = (
    *("propose a refund", "propose another account", "propose to apply", "propose to dismiss"),
    *("approve", "reject", "pay out", "bank settles the day", "bank settles nothing"),
    *("invoice is withdrawn", "other money comes", "bank returns the transfer"),
)


def of(acts: tuple[str, ...], make: Callable[[Any], Made], *possible: str) -> State:
    return State(make, possible, tuple(name for name in acts if name not in possible))


STATES: Mapping[str, State] = {
    "registration under way": of(
        (*ON_BILLS, *ON_CALLS), requested,
        *(*ON_CALLS, "invoice is withdrawn", "money comes", "too little comes", "bill expires"),
        "cashier takes money",
    ),
    "registered": of(
        ON_BILLS, bill(),
        *("invoice is withdrawn", "money comes", "other money comes", "too little comes"),
        *("bill expires", "cashier takes money"),
    ),
    "given up": of(
        ON_BILLS, bill("bill expires"), *("invoice is withdrawn", "money comes", "too little comes")
    ),
    "settled": of(
        ON_BILLS, bill("money comes"), *("refund is wanted", "other money comes", "money comes")
    ),
    "money waits": of(
        ON_MONEY, waiting(),
        *("propose a refund", "propose to apply", "bank settles the day", "bank settles nothing"),
    ),
    "money waits, day reconciled": of(
        ON_MONEY, waiting("bank settles nothing"),
        *("propose to dismiss", "bank settles the day", "propose a refund"),
    ),
    "refund proposed": of(
        ON_MONEY, waiting(proposal="propose a refund"), *("approve", "reject")
    ),
    "applying proposed": of(
        ON_MONEY, waiting(proposal="propose to apply"), *("approve", "reject")
    ),
    "dismissal proposed": of(
        ON_MONEY, waiting("bank settles nothing", proposal="propose to dismiss"),
        *("approve", "reject", "bank settles the day"),
    ),
    "refund agreed": of(ON_MONEY, refunding(), *("pay out", "propose another account")),
    "another account proposed": of(
        ON_MONEY, refunding("propose another account"), *("approve", "reject")
    ),
    "transferred back": of(ON_MONEY, transferred(), "bank returns the transfer"),
    "transfer returned": of(
        ON_MONEY, transferred("bank returns the transfer"),
        *("propose a refund", "propose another account"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def stage(service: Any, settings: Any, postgres_server: Any, database_url: str) -> Iterator[Stage]:
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    with closing(Process(service, settings, Database(url))) as process:
        yield Stage(process.database, (Person("p_one"), Person("p_other")), NOW)


@pytest.mark.parametrize(("state", "one", "other"), pairs_of(STATES))
def test_two_at_once_come_to_what_one_after_the_other_comes_to(
    stage: Stage, state: str, one: str, other: str
) -> None:
    stage.require_serial_result(STATES[state], (one, ACTS[one]), (other, ACTS[other]))
