"""A refund that doesn't arrive: the bank refuses the account, or sends the transfer back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.core.refusals import IllegalTransition
from chassis.data.aggregates import history
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from payments import chores
from payments.commands import decisions
from payments.commands.decisions import Proposal
from payments.domain.decisions import DecisionIsOpen, Kind, SecondPersonNeeded
from payments.models import Bill, Decision, Payment

CLOSED, OTHER = "SA0380000000608010167519", "SA4420000001234567891234"
HOLDER = "علي بن حسن آل تجربة (بيانات تجريبية)"


class Office:
    """An accountant and a second person, at one payment."""

    def __init__(self, desk: Any, session: Any, people: tuple[Any, Any], payment: Payment) -> None:
        self.desk, self.session, self.people, self.payment = desk, session, people, payment

    def propose(self, iban: str, *, kind: Kind = Kind.REFUND) -> Decision:
        proposal = Proposal(kind=kind, reason="رفض المصرف الحساب", iban=iban, holder=HOLDER)
        accountant, now = self.people[0], self.desk.now
        payment_id = self.payment.payment_id
        return decisions.propose_decision(
            UnitOfWork(self.session, accountant, now), payment_id, proposal
        )

    def decide(self, row: Decision, *, agrees: bool = True) -> None:
        key, now = row.decision_id, self.desk.now
        decisions.decide(
            UnitOfWork(self.session, self.people[1], now), key, agrees=agrees, note="نعم"
        )

    def agree(self, iban: str) -> Decision:
        row = self.propose(iban)
        self.decide(row)
        return row

    def pay_out(self, transfer: str) -> None:
        key, now = self.payment.payment_id, self.desk.now
        decisions.pay_out_refund(
            UnitOfWork(self.session, self.people[0], now), key, transfer=transfer
        )

    def return_transfer(self, transfer: str) -> None:
        work = UnitOfWork(self.session, self.people[0], self.desk.now)
        key = self.payment.payment_id
        decisions.return_transfer(work, key, transfer=transfer, reason="أعاده البنك")

    def approved(self) -> list[str | None]:
        self.session.flush()
        self.session.expire_all()
        return [one.iban for one in self.session.query(Decision).filter_by(status="approved")]


@pytest.fixture
def office(desk: Any, session: Any, cashier: Any, second: Any) -> Office:
    """Returns an office for money that has settled its bill."""
    return Office(desk, session, (cashier, second), desk.notice(desk.bill()))


def test_an_account_that_the_bank_refuses_is_replaced_and_published_once(
    office: Office, published: Any
) -> None:
    office.agree(CLOSED)
    assert office.payment.status == "refunding"

    office.agree(OTHER)

    assert (office.payment.status, office.approved()) == ("refunding", [OTHER])
    assert published().count("payment.refunding") == 1
    office.pay_out("TR-2")
    assert (office.payment.status, published()[-1]) == ("refunded", "payment.refunded")


def test_the_payer_is_asked_for_another_account_when_a_transfer_came_back(
    office: Office, published: Any, session: Any, outbox_rows: Any
) -> None:
    office.agree(CLOSED)
    office.pay_out("TR-1")
    office.return_transfer("TR-1")

    assert published()[-1] == "payment.account_wanted"
    block = outbox_rows()[-1].envelope["data"]["contacts"]
    (contact,) = contacts_of(session).open(office.payment.payment_id, block)
    assert contact.mobile == "+966500000001"


def test_the_payer_is_asked_for_another_account_only_when_the_payers_own_was_rejected(
    office: Office, published: Any, session: Any
) -> None:
    office.decide(office.propose(OTHER), agrees=False)
    assert published()[-1] != "payment.account_wanted"

    given = office.propose(CLOSED)
    given.account_given_by = "payer"
    office.decide(given, agrees=False)
    assert published()[-1] == "payment.account_wanted"


def test_a_transfer_that_came_back_goes_to_another_account(office: Office, published: Any) -> None:
    office.agree(CLOSED)
    office.pay_out("TR-1")
    office.return_transfer("TR-1")

    office.agree(OTHER)

    assert (office.payment.status, office.payment.transfer, office.payment.ended_at) == (
        *("refunding", "TR-1"),
        None,
    )
    assert office.approved() == [OTHER]
    office.pay_out("TR-2")
    assert (office.payment.status, office.payment.transfer) == ("refunded", "TR-2")
    told = [one for one in published() if one.startswith("payment.refund")]
    assert told == ["payment.refunding", "payment.refunded"] * 2
    entries = history(office.session, ("payment", office.payment.payment_id))
    transfers = [one.details["transfer"] for one in entries if one.action == "pay-out"]
    assert transfers == ["TR-1", "TR-2"]


@pytest.mark.parametrize("status", ["settled", "suspended", "refunding", "dismissed"])
def test_a_constraint_refuses_another_refund_of_money_whose_transfer_was_not_returned(
    office: Office, session: Any, status: str
) -> None:
    office.agree(CLOSED)
    office.pay_out("TR-1")
    session.flush()

    statement = text("UPDATE payment SET status = :status WHERE transfer IS NOT NULL")
    with pytest.raises(IntegrityError, match="ck_payment_transfer"), session.begin_nested():
        session.execute(statement, {"status": status})


def test_another_account_needs_a_second_person_too(office: Office) -> None:
    office.agree(CLOSED)
    row = office.propose(OTHER)
    office.people = (office.people[0], office.people[0])

    with pytest.raises(SecondPersonNeeded):
        office.decide(row)

    assert office.approved() == [CLOSED]


def test_nothing_is_paid_out_while_another_account_is_proposed(office: Office) -> None:
    office.agree(CLOSED)
    row = office.propose(OTHER)

    with pytest.raises(DecisionIsOpen):
        office.pay_out("TR-1")
    office.decide(row, agrees=False)

    assert (office.payment.status, office.approved()) == ("refunding", [CLOSED])
    office.pay_out("TR-1")
    assert office.payment.status == "refunded"


@pytest.mark.parametrize("gone", [False, True])
def test_money_in_refund_and_refunded_money_are_not_dismissed(office: Office, gone: bool) -> None:
    office.agree(CLOSED)
    if gone:
        office.pay_out("TR-1")

    with pytest.raises(IllegalTransition):
        office.propose(OTHER, kind=Kind.DISMISS)


def shown(context: Any, now: Any) -> tuple[float, float]:
    chores.measure(replace(context, now=now))
    return chores.REFUNDS._value.get(), chores.OLDEST_REFUND._value.get() / 3_600


def test_a_refund_is_late_from_the_first_wish_on_until_its_transfer(
    office: Office, desk: Any, session: Any, context: Any
) -> None:
    assert shown(context, desk.now) == (0, 0)

    desk.withdraw(session.get(Bill, office.payment.bill_id), "refund_requested")
    for iban in (CLOSED, OTHER):
        desk.now += timedelta(hours=24)
        office.agree(iban)

    assert shown(context, desk.now) == (1, 48)
    office.pay_out("TR-1")
    assert shown(context, desk.now) == (0, 0)
    desk.now += timedelta(hours=24)
    office.return_transfer("TR-1")
    assert shown(context, desk.now + timedelta(hours=1)) == (1, 1)
    desk.now += timedelta(hours=1)
    office.agree(CLOSED)
    assert shown(context, desk.now + timedelta(hours=2)) == (1, 3)
