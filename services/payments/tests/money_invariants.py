"""What holds of bills and money at every step of a walk, by the decisions of payments and not by its code."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import select, text
from sqlalchemy.orm import Session, undefer

from chassis.data import deadlines
from chassis.testing_walks import WalkDatabase
from payments.domain import bills as bill_rules
from payments.models import Bill, Decision, Payment, Reconciliation, SettlementLine

GRACE = timedelta(hours=24)
_PLANNED = text(
    "SELECT aggregate_id FROM deadline UNION ALL SELECT subject_id FROM parked"
    " WHERE kind = 'deadline' AND settled_at IS NULL"
)


@dataclass
class ThereBill:
    """A bill as the bill system has it."""

    number: str
    amount: int
    status: str = "open"


@dataclass
class Invoice:
    """An invoice as its owner sent it. `withdrawn`: a withdrawal or a wish for a refund was delivered."""

    invoice_id: str
    municipality: str
    payer: str
    amount: int
    due_on: str
    sent: int = 0
    withdrawn: bool = False
    withdrawn_unpaid: bool = False


@dataclass
class Money:
    """Money that a payer paid at the bill system, and its notice. `told`: how often the notice was delivered."""

    reference: str
    number: str
    bill_id: str | None
    amount: int
    paid_at: datetime
    notice: Any = None
    told: int = 0


@dataclass
class Rows:
    """What the service has after a step."""

    bills: dict[str, Bill]
    payments: list[Payment]
    decisions: list[Decision]
    reconciliations: list[Reconciliation]
    lines: list[SettlementLine]
    planned: set[str]  # the bills that have a deadline
    envelopes: list[dict[str, Any]]
    settling: dict[str, list[Payment]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, database: WalkDatabase) -> "Rows":
        session = database.session
        bills = {
            one.bill_id: one for one in session.scalars(select(Bill).options(undefer(Bill.payer)))
        }
        rows = cls(
            bills=bills,
            payments=list(session.scalars(select(Payment))),
            decisions=list(session.scalars(select(Decision))),
            reconciliations=list(session.scalars(select(Reconciliation))),
            lines=list(session.scalars(select(SettlementLine))),
            planned=set(session.scalars(_PLANNED)),
            envelopes=[one.envelope for one in database.events()],
        )
        for payment in rows.payments:
            if payment.settled_at is not None:
                rows.settling[str(payment.bill_id)].append(payment)
        return rows


class MoneyInvariants(RuleBasedStateMachine):
    """The rows of the service beside what is true outside."""

    session: Session
    database: WalkDatabase
    now: datetime
    there: dict[str, ThereBill]
    invoices: list[Invoice]
    money: list[Money]
    took: dict[str, str]
    sent: dict[str, list[str]]  # payment → the numbers of its transfers, in their order
    returned: set[str]  # the numbers of the transfers that the bank has returned
    given: dict[str, set[tuple[str, str]]]  # payment → payers and the accounts that they gave
    changed: bool = True  # since the invariants were last looked at

    def rows(self, statement: Any) -> list[Any]:
        return list(self.database.scalars(statement))

    def bill_of(self, one: Invoice) -> Bill | None:
        bills = self.rows(select(Bill))
        return next((bill for bill in bills if bill.invoice_id == one.invoice_id), None)

    @invariant()
    def holds(self) -> None:
        if not self.changed:
            return
        self.changed = False
        rows = Rows.read(self.database)
        self.each_bill_is_settled_once_and_whole(rows)
        self.each_halala_that_came_is_kept_held_or_returned(rows)
        self.no_halala_is_returned_twice(rows)
        self.no_money_is_carried_to_another_payer_or_municipality(rows)
        self.paid_in_time_counts_as_paid_in_time(rows)
        self.a_withdrawn_bill_is_never_settled_and_its_money_is_asked_back(rows)
        self.two_people_decide_and_one_account_is_agreed_to(rows)
        self.an_account_is_the_payers_and_stands_while_people_decide(rows)
        self.nobody_reconciles_money_that_he_took(rows)
        self.a_deadline_takes_effect_once(rows)
        self.the_newest_event_is_the_state_and_a_payer_can_be_told(rows)

    def each_bill_is_settled_once_and_whole(self, rows: Rows) -> None:
        for bill in rows.bills.values():
            settling = rows.settling[bill.bill_id]
            whole = [one for one in settling if one.amount_halalas == bill.amount_halalas]
            assert len(settling) == len(whole) == (bill.status == "settled"), "settled"
            for one in whole:
                assert one.status in ("settled", "refunding", "refunded"), "settled payment"

    def each_halala_that_came_is_kept_held_or_returned(self, rows: Rows) -> None:
        kept = {one.reference: one for one in rows.payments}
        for one in self.money:
            if one.told:
                assert kept[one.reference].amount_halalas == one.amount, "kept"
        made = {(one.source, one.day): one.made_at for one in rows.reconciliations}
        for line in rows.lines:
            payment = kept.get(line.reference)
            if payment is not None and payment.status == "dismissed":
                # The bank's line came after two people dismissed the money: `dismissed-settled` tells them.
                later = made[line.source, line.day] >= (payment.ended_at or self.now)
                assert later, "dismissed although it came"

    def no_halala_is_returned_twice(self, rows: Rows) -> None:
        """Money that went back and wasn't returned by the bank is neither sent again nor about to be sent, and the
        number of its transfer stays."""
        for payment in rows.payments:
            transfers = self.sent.get(payment.payment_id, [])
            gone = [one for one in transfers if one not in self.returned]
            assert len(gone) <= 1, "returned twice"
            assert not gone or payment.status == "refunded", "returned, and about to be sent again"
            if transfers:
                assert payment.transfer == transfers[-1], "the number of a transfer is lost"

    def no_money_is_carried_to_another_payer_or_municipality(self, rows: Rows) -> None:
        came_for = {one.reference: one.bill_id for one in self.money}
        for payment in [one for found in rows.settling.values() for one in found]:
            bill = rows.bills[str(payment.bill_id)]
            first = rows.bills.get(str(came_for.get(payment.reference)), bill)
            assert first.municipality == bill.municipality, "another municipality"
            assert first.payer_number == bill.payer_number, "another payer"

    def paid_in_time_counts_as_paid_in_time(self, rows: Rows) -> None:
        withdrawn = {one.invoice_id for one in self.invoices if one.withdrawn}
        paid_on = {one.reference: one.paid_on for one in rows.payments}
        for one in self.money:
            bill = rows.bills[str(one.bill_id)]
            if bill.status == "expired" and bill.invoice_id not in withdrawn and one.told:
                in_time = paid_on[one.reference] <= bill.due_on
                assert not (in_time and one.amount == bill.amount_halalas), "paid in time, expired"

    def a_withdrawn_bill_is_never_settled_and_its_money_is_asked_back(self, rows: Rows) -> None:
        by_invoice = {one.invoice_id: one for one in rows.bills.values()}
        for one in self.invoices:
            bill = by_invoice.get(one.invoice_id)
            if not one.withdrawn or bill is None or bill.status != "settled":
                continue
            assert not one.withdrawn_unpaid, "settled when withdrawn"
            for payment in rows.settling[bill.bill_id]:
                assert payment.status != "settled" or payment.refund_wanted, "refund not wanted"

    def two_people_decide_and_one_account_is_agreed_to(self, rows: Rows) -> None:
        agreed: dict[str, int] = defaultdict(int)
        for one in rows.decisions:
            assert one.decided_by != one.proposed_by, "one person"
            agreed[one.payment_id] += one.kind == "refund" and one.status == "approved"
        assert all(count <= 1 for count in agreed.values()), "two accounts"

    def an_account_is_the_payers_and_stands_while_people_decide(self, rows: Rows) -> None:
        proposed = {one.payment_id: one for one in rows.decisions if one.status == "proposed"}
        payments = {one.payment_id: one for one in rows.payments}
        kept = [(key, one.account_iban) for key, one in payments.items() if one.account_iban]
        kept += [
            (one.payment_id, one.iban)
            for one in rows.decisions
            if one.account_given_by and one.iban
        ]
        for key, iban in kept:
            payer = rows.bills[str(payments[key].bill_id)].payer_number
            assert (payer, iban) in self.given[key], "not the payer's account"
        for key, one in proposed.items():
            if one.account_given_by:
                assert payments[key].account_iban == one.iban, "another account while people decide"

    def nobody_reconciles_money_that_he_took(self, rows: Rows) -> None:
        taken = {one.reference: one.paid_on for one in rows.payments}
        for row in rows.reconciliations:
            named = {
                one.reference
                for one in rows.lines
                if (one.source, one.day) == (row.source, row.day)
            }
            for reference, who in self.took.items():
                if row.source == "counter" and who == row.made_by:
                    assert reference not in named, "his receipt in his file"
                    assert taken[reference] != row.day, "his day"

    def a_deadline_takes_effect_once(self, rows: Rows) -> None:
        for key, bill in rows.bills.items():
            ended = bill_rules.Status(bill.status) not in bill_rules.OPEN
            assert not (ended and key in rows.planned), "a deadline of a bill that has ended"

    def the_newest_event_is_the_state_and_a_payer_can_be_told(self, rows: Rows) -> None:
        newest = {one["subject"]: one for one in rows.envelopes}
        for one in rows.envelopes:
            if one["type"].endswith("payment.suspended.v1") and one["data"]["bill_number"]:
                assert one["data"]["contacts"], "nobody hears of money that waits"
        for row in [*rows.bills.values(), *rows.payments]:
            key = row.bill_id if isinstance(row, Bill) else row.payment_id
            if key in newest:
                assert newest[key]["data"]["status"] == row.status, "the newest event"

    def nothing_is_due_in_the_past(self) -> None:
        late = deadlines.due(self.session, ["expiry"], now=self.now, most=10)
        assert not late, "due in the past"

    def each_bill_is_open_settled_withdrawn_or_expired(self) -> None:
        """Nothing waits at the bill system any more. A bill that is late, or whose invoice is withdrawn, has ended,
        unless the bill system calls it paid: then the notice is still to come."""
        withdrawn = {one.invoice_id for one in self.invoices if one.withdrawn}
        for bill in self.rows(select(Bill)):
            is_late = bill_rules.expires_at(bill.due_on, GRACE) <= self.now - timedelta(hours=12)
            if bill.status in ("requested", "registered") and bill.paid_there_at is None:
                assert bill.invoice_id not in withdrawn, "withdrawn, and still open"
                assert not is_late, "late, and still open"

    def nothing_can_be_paid_there_that_ended_here(self) -> None:
        for bill in self.rows(select(Bill)):
            there = self.there.get(bill.bill_id)
            if there is not None and bill.status in ("settled", "cancelled", "expired", "refused"):
                assert there.status != "open", f"{bill.status} here, and payable there"
