"""What holds of a request in whatever order persons and payments act: no money is lost or counted twice, no permit is
issued without review, approval and the money, by persons who may, and nobody does both acts of a duty."""

from dataclasses import dataclass
from typing import Any

from hypothesis.stateful import invariant
from sqlalchemy import select

from chassis.data.aggregates import JournalEntry
from chassis.testing_walks import WalkDatabase
from invoicing.rules import SETTLED
from invoicing.rules import Status as Money
from permits import catalogue
from permits.domain.requests import ENDS, Status
from permits.models import AmountProposal, Appeal, Invoice, Permit, PermitRequest

BACK = (Money.REFUND_REQUESTED, Money.REFUNDING, Money.REFUNDED)


@dataclass
class Settled:
    """What payments knows of a bill: whether it settled it, and whether that went back."""

    came: bool = False
    went: bool = False


class Promises:
    """A part of a state machine, which says where it is."""

    database: WalkDatabase
    session: Any
    known: dict[str, Settled]
    mine: list[str]
    permit_id: str | None
    moved: bool
    row: Any
    status: Any

    @invariant()
    def everything_holds(self) -> None:
        """Looked at where something changed: a refusal is in a savepoint of its own."""
        if self.moved:
            self.moved = False
            self.no_money_is_lost_or_counted_twice()
            self.a_request_that_waits_for_money_has_one_open_bill_and_no_other_has()
            self.nobody_did_both_acts_of_a_duty()
            self.an_amount_that_is_not_the_tables_was_agreed_to_by_another()
            self.nothing_is_issued_without_all()

    def no_money_is_lost_or_counted_twice(self) -> None:
        """What came is used, held or on its way back; nothing else is."""
        for key, money in self.known.items():
            invoice = self.session.get_one(Invoice, key)
            status = Money(invoice.status)
            assert money.came == (status in SETTLED), "a bill is settled without money"
            request = self.session.get_one(PermitRequest, invoice.request_id)
            if status is Money.PAID:
                assert Status(request.status) in (Status.PAID, Status.ISSUED), (
                    "a paid bill of a request that goes on unpaid"
                )
                assert request.invoice_id == key, "a paid bill of another round"
            if status is Money.HELD:
                assert Status(request.status) not in ENDS | {Status.PAID}, (
                    "money is held for what ended or is paid"
                )
                assert request.invoice_id == key, "held money of another round"
            if status in (Money.REFUNDING, Money.REFUNDED):
                assert money.went, "money is on its way back and was not sent"
        used = [key for key in self.known if self._money(key) in (Money.PAID, Money.HELD)]
        assert len(used) <= 1, "two payments are used"

    def a_request_that_waits_for_money_has_one_open_bill_and_no_other_has(self) -> None:
        open_ = [key for key in self.known if self._money(key) is Money.REQUESTED]
        waits = self.status is Status.AWAITING_PAYMENT

        assert open_ == ([self.row.invoice_id] if waits else []), (
            "another bill than that of the request is open"
        )
        if self.status is Status.PAID:
            assert self._money(str(self.row.invoice_id)) is Money.PAID, (
                "a paid request without a paid bill"
            )

    def nobody_did_both_acts_of_a_duty(self) -> None:
        for one in self.database.scalars(select(Appeal)):
            if one.status in ("accepted", "rejected"):
                assert one.appealed_by["subject"] != one.ended_by["subject"], (
                    "one person appealed and decided"
                )
        rows = self._history("permit-request", self.mine[-1])
        last = max((i for i, one in enumerate(rows) if one.action == "return"), default=-1)
        for duty in catalogue.duties():
            for place, one in enumerate(rows):
                if one.action == duty.then and place > last:
                    others = [
                        was.subject for was in rows[last + 1 : place] if was.action in duty.first
                    ]
                    assert one.subject not in others, f"one person did both acts of {duty.code}"

    def an_amount_that_is_not_the_tables_was_agreed_to_by_another(self) -> None:
        for one in self.database.scalars(select(AmountProposal)):
            if one.status == "agreed":
                assert one.proposed_by["subject"] != one.decided_by["subject"], (
                    "one person proposed and agreed to an amount"
                )

    def nothing_is_issued_without_all(self) -> None:
        if self.status is not Status.ISSUED:
            return
        acts = [one.action for one in self._history("permit-request", self.mine[-1])]
        since = max((i for i, one in enumerate(acts) if one == "return"), default=-1)
        round_ = acts[since + 1 :]
        assert self._in_order(round_, "pass_technical_review", "approve", "issue"), (
            "issued without review and approval"
        )
        assert {"pay", "carry_payment"} & set(round_), "issued without payment"
        assert self._money(str(self.row.invoice_id)) in (Money.PAID, *BACK), (
            "issued on a bill without money"
        )
        assert self.session.get_one(Permit, self.permit_id).request_id == self.mine[-1], (
            "a permit of another request"
        )

    @staticmethod
    def _in_order(acts: list[str], *wanted: str) -> bool:
        places = [acts.index(one) for one in wanted if one in acts]
        return len(places) == len(wanted) and places == sorted(places)

    def _money(self, key: str) -> Money:
        return Money(self.session.get_one(Invoice, key).status)

    def _history(self, kind: str, key: str | None) -> list[Any]:
        found = select(JournalEntry).where(
            JournalEntry.aggregate_type == kind, JournalEntry.aggregate_id == key
        )
        return list(self.database.scalars(found.order_by(JournalEntry.entry_id)))
