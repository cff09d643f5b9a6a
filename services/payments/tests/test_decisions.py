"""Decisions about money: two people, with reasons; the IBAN is sealed."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.core.refusals import IllegalTransition, InvalidFields, NotFound
from chassis.data.aggregates import history
from chassis.data.unit_of_work import UnitOfWork
from payments.commands import bills, decisions, settle
from payments.commands.decisions import Proposal
from payments.commands.recording import BILL_SYSTEM
from payments.commands.settle import BillNotPayable
from payments.domain.decisions import (
    DecisionIsMade,
    DecisionIsOpen,
    Kind,
    RefundReplaced,
    SecondPersonNeeded,
)
from payments.domain.registration import Outcome, Result

IBAN = "SA03 8000 0000 6080 1016 7519"
HOLDER = "علي بن حسن آل تجربة (بيانات تجريبية)"


def refund(**changes: Any) -> Proposal:
    facts = {"kind": Kind.REFUND, "reason": "سُددت الفاتورة مرتين", "iban": IBAN, "holder": HOLDER}
    return Proposal(**{**facts, **changes})


def test_a_refund_goes_back_once_a_second_person_agrees_and_it_is_paid_out(
    desk: Any, session: Any, second_payment: Any, cashier: Any, second: Any, published: Any
) -> None:
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), second_payment.payment_id, refund()
    )
    assert (second_payment.status, row.iban) == ("suspended", IBAN.replace(" ", ""))

    decisions.decide(
        UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="طابقت"
    )
    assert second_payment.status == "refunding"
    assert published()[-1] == "payment.refunding"

    decisions.pay_out_refund(
        UnitOfWork(session, cashier, desk.now), second_payment.payment_id, transfer="TR-1"
    )
    assert (second_payment.status, second_payment.transfer) == ("refunded", "TR-1")
    assert published()[-1] == "payment.refunded"


def test_money_that_has_gone_back_is_not_wanted_back_once_more(
    desk: Any, session: Any, cashier: Any, second: Any
) -> None:
    bill = desk.bill()
    payment = desk.notice(bill)
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), payment.payment_id, refund()
    )
    decisions.decide(
        UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="نعم"
    )
    decisions.pay_out_refund(
        UnitOfWork(session, cashier, desk.now), payment.payment_id, transfer="TR-1"
    )

    desk.withdraw(bill, "refund_requested")

    assert (payment.status, payment.refund_wanted) == ("refunded", None)


def test_a_person_may_not_decide_his_own_proposal(
    desk: Any, session: Any, second_payment: Any, cashier: Any
) -> None:
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), second_payment.payment_id, refund()
    )

    for agrees in (True, False):
        with pytest.raises(SecondPersonNeeded):
            decisions.decide(
                UnitOfWork(session, cashier, desk.now), row.decision_id, agrees=agrees, note="نعم"
            )

    assert second_payment.status == "suspended"


def test_a_constraint_refuses_a_decision_by_its_proposer(
    desk: Any, session: Any, second_payment: Any, cashier: Any
) -> None:
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), second_payment.payment_id, refund()
    )
    session.flush()

    statement = text("UPDATE decision SET status = 'approved', decided_by = proposed_by")
    with pytest.raises(IntegrityError, match="second_person"), session.begin_nested():
        session.execute(statement)
    assert row.status == "proposed"


def test_a_decision_is_made_once(
    desk: Any, session: Any, second_payment: Any, cashier: Any, second: Any
) -> None:
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), second_payment.payment_id, refund()
    )
    decisions.decide(
        UnitOfWork(session, second, desk.now), row.decision_id, agrees=False, note="لا"
    )

    with pytest.raises(DecisionIsMade):
        decisions.decide(
            UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="نعم"
        )

    assert second_payment.status == "suspended"
    decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), second_payment.payment_id, refund()
    )
    with pytest.raises(DecisionIsOpen):
        decisions.propose_decision(
            UnitOfWork(session, second, desk.now), second_payment.payment_id, refund()
        )


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"iban": None}, ["iban"]),
        ({"iban": "SA0380000000608010167518"}, ["iban"]),
        ({"iban": "GB82WEST12345698765432"}, ["iban"]),
        ({"reason": " . ", "holder": None, "iban": None}, ["reason", "holder", "iban"]),
        ({"kind": Kind.APPLY}, ["bill_id"]),
    ],
)
def test_a_proposal_names_every_field_at_fault(
    desk: Any, session: Any, second_payment: Any, cashier: Any, changes: Any, fields: list[str]
) -> None:
    with pytest.raises(InvalidFields) as caught:
        decisions.propose_decision(
            UnitOfWork(session, cashier, desk.now), second_payment.payment_id, refund(**changes)
        )

    assert [one.field for one in caught.value.faults] == fields


def test_the_iban_is_sealed_and_in_no_journal(
    desk: Any, session: Any, second_payment: Any, cashier: Any, second: Any
) -> None:
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), second_payment.payment_id, refund()
    )
    decisions.decide(
        UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="نعم"
    )
    session.flush()

    iban, holder = session.execute(text("SELECT iban, holder FROM decision")).one()
    journal = session.execute(text("SELECT string_agg(j::text, ' ') FROM journal j")).scalar_one()
    outbox = session.execute(
        text("SELECT string_agg(convert_from(data, 'UTF8'), ' ') FROM outbox")
    ).scalar_one()

    # Long enough to be in no id by chance.
    end = "608010167519"
    assert end.encode() not in bytes(iban)
    assert HOLDER.encode() not in bytes(holder)
    assert end not in journal.replace(" ", "")
    assert end not in outbox.replace(" ", "")


def test_a_refund_of_suspended_money_is_not_approved_once_the_money_has_settled_a_bill(
    desk: Any, session: Any, cashier: Any, second: Any
) -> None:
    bill, payment = desk.invoice(), desk.notice(None)
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), payment.payment_id, refund()
    )
    later = desk.now + timedelta(hours=1)
    result = Result(Outcome.REGISTERED, None, payment.bill_number, "901")
    bills.acknowledge_bill(UnitOfWork(session, BILL_SYSTEM, later), bill, result)
    assert (bill.status, payment.status) == ("settled", "settled")

    with pytest.raises(IllegalTransition):
        decisions.decide(
            UnitOfWork(session, second, later), row.decision_id, agrees=True, note="نعم"
        )
    session.refresh(row)
    decisions.decide(UnitOfWork(session, second, later), row.decision_id, agrees=False, note="لا")

    assert payment.status == "settled"
    again = decisions.propose_decision(
        UnitOfWork(session, cashier, later), payment.payment_id, refund()
    )
    decisions.decide(UnitOfWork(session, second, later), again.decision_id, agrees=True, note="نعم")
    assert payment.status == "refunding"


def test_money_without_a_bill_is_applied_to_a_bill_of_its_amount(
    desk: Any, session: Any, cashier: Any, second: Any, published: Any
) -> None:
    bill, payment = desk.bill(), desk.notice(None)
    proposal = Proposal(kind=Kind.APPLY, reason="رقم خاطئ", bill_id=bill.bill_id)

    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), payment.payment_id, proposal
    )
    assert bill.status == "registered"
    decisions.decide(
        UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="نعم"
    )

    assert (bill.status, payment.status, payment.bill_id) == ("settled", "settled", bill.bill_id)
    assert published()[-2:] == ["bill.settled", "payment.settled"]
    # Its payer has the bill's own number by text: he can't pay it again.
    assert (bill.task, bill.due_at) == ("cancel", desk.now)


def apply(desk: Any, session: Any, bill: Any, payment: Any, people: tuple[Any, Any]) -> None:
    proposal = Proposal(kind=Kind.APPLY, reason="رقم خاطئ", bill_id=bill.bill_id)
    one, other = people
    row = decisions.propose_decision(
        UnitOfWork(session, one, desk.now), payment.payment_id, proposal
    )
    decisions.decide(UnitOfWork(session, other, desk.now), row.decision_id, agrees=True, note="نعم")


def test_a_bill_in_registration_is_cancelled_at_the_bill_system_after_money_was_applied(
    desk: Any, session: Any, cashier: Any, second: Any
) -> None:
    bill, payment = desk.invoice(), desk.notice(None)
    bill.attempts = 1

    apply(desk, session, bill, payment, (cashier, second))
    assert (bill.status, bill.task) == ("settled", "register")

    result = Result(Outcome.REGISTERED, None, "4482000001", "174")
    bills.acknowledge_bill(UnitOfWork(session, BILL_SYSTEM, desk.now), bill, result)
    assert (bill.status, bill.task) == ("settled", "cancel")


def test_money_that_came_under_a_bills_own_number_leaves_nothing_to_cancel(
    desk: Any, session: Any, cashier: Any, second: Any
) -> None:
    bill, other = desk.bill(), desk.bill()
    payment = desk.notice(other, bill_number=bill.bill_number)
    assert payment.reason == "reference-differs"

    apply(desk, session, bill, payment, (cashier, second))

    assert (bill.status, bill.task) == ("settled", None)


def test_money_of_another_amount_is_not_applied_to_a_bill(
    desk: Any, session: Any, cashier: Any
) -> None:
    bill = desk.bill()
    payment = desk.notice(bill, amount_halalas=1)
    proposal = Proposal(kind=Kind.APPLY, reason="جزء", bill_id=bill.bill_id)

    with pytest.raises(BillNotPayable) as caught:
        decisions.propose_decision(
            UnitOfWork(session, cashier, desk.now), payment.payment_id, proposal
        )

    assert caught.value.code == "amount-less"


def test_a_bill_that_was_settled_meanwhile_takes_no_other_money(
    desk: Any, session: Any, cashier: Any, second: Any
) -> None:
    bill, payment = desk.bill(), desk.notice(None)
    proposal = Proposal(kind=Kind.APPLY, reason="رقم خاطئ", bill_id=bill.bill_id)
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), payment.payment_id, proposal
    )
    desk.notice(bill)

    with pytest.raises(BillNotPayable) as caught:
        decisions.decide(
            UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="نعم"
        )

    assert caught.value.code == "already-settled"
    assert payment.status == "suspended"


def test_money_that_settled_a_bill_may_be_refunded_only(
    desk: Any, session: Any, cashier: Any, second: Any
) -> None:
    bill = desk.bill()
    payment = desk.notice(bill)
    for kind in (Kind.APPLY, Kind.DISMISS):
        proposal = Proposal(kind=kind, reason="سبب", bill_id=bill.bill_id)
        with pytest.raises((IllegalTransition, BillNotPayable)):
            decisions.propose_decision(
                UnitOfWork(session, cashier, desk.now), payment.payment_id, proposal
            )

    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), payment.payment_id, refund()
    )
    decisions.decide(
        UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="نعم"
    )
    decisions.pay_out_refund(
        UnitOfWork(session, cashier, desk.now), payment.payment_id, transfer="TR-1"
    )

    assert (payment.status, bill.status) == ("refunded", "settled")
    assert desk.notice(bill).reason == "already-settled"  # an invoice is settled once


def test_a_transfer_to_an_account_that_another_refund_replaced_is_refused(
    desk: Any, session: Any, second_payment: Any, cashier: Any, second: Any
) -> None:
    def agree_to_refund() -> str:
        row = decisions.propose_decision(
            UnitOfWork(session, cashier, desk.now), second_payment.payment_id, refund()
        )
        work = UnitOfWork(session, second, desk.now)
        return decisions.decide(work, row.decision_id, agrees=True, note="نعم").decision_id

    def pay_out(decision_id: str) -> None:
        decisions.pay_out_refund(
            UnitOfWork(session, cashier, desk.now),
            second_payment.payment_id,
            transfer="TR-1",
            decision_id=decision_id,
        )

    read = agree_to_refund()
    agreed = agree_to_refund()

    with pytest.raises(RefundReplaced):
        pay_out(read)
    assert second_payment.status == "refunding"
    pay_out(agreed)
    assert second_payment.status == "refunded"


def test_a_refund_is_paid_out_after_its_approval_and_once(
    desk: Any, session: Any, second_payment: Any, cashier: Any, second: Any
) -> None:
    def pay_out() -> None:
        decisions.pay_out_refund(
            UnitOfWork(session, cashier, desk.now), second_payment.payment_id, transfer="TR-1"
        )

    with pytest.raises(IllegalTransition):
        pay_out()
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), second_payment.payment_id, refund()
    )
    with pytest.raises(IllegalTransition):
        pay_out()
    decisions.decide(
        UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="نعم"
    )
    pay_out()
    with pytest.raises(IllegalTransition):
        pay_out()


def test_the_journal_names_proposer_approver_and_reasons(
    desk: Any, session: Any, second_payment: Any, cashier: Any, second: Any
) -> None:
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), second_payment.payment_id, refund()
    )
    decisions.decide(
        UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="طابقت"
    )
    session.flush()

    entries = history(session, ("payment", second_payment.payment_id))

    assert [(one.action, one.subject, one.note) for one in entries] == [
        ("suspend", "bill-system", None),
        ("propose-refund", "p_cashier", "سُددت الفاتورة مرتين"),
        ("agree-refund", "p_second", "طابقت"),
    ]


def enter(session: Any, actor: Any, bill: Any, desk: Any, **changes: Any) -> Any:
    facts = {"receipt": "000123", "method": "cash", "amount_halalas": 75_000}
    return settle.enter_counter_payment(
        UnitOfWork(session, actor, desk.now), bill.bill_id, **{**facts, **changes}
    )


def test_money_at_a_counter_settles_and_the_bill_is_cancelled_at_the_bill_system(
    desk: Any, session: Any, cashier: Any
) -> None:
    bill = desk.bill()

    payment = enter(session, cashier, bill, desk)

    assert (payment.status, payment.source, payment.reference) == (
        *("settled", "counter"),
        "qatif/000123",
    )
    assert (bill.status, bill.task) == ("settled", "cancel")
    assert enter(session, cashier, bill, desk) is payment  # the same entry again


def test_a_counter_takes_the_whole_amount_of_an_open_bill_only(
    desk: Any, session: Any, cashier: Any
) -> None:
    bill, other = desk.bill(), desk.bill()

    with pytest.raises(InvalidFields, match="amount"):
        enter(session, cashier, bill, desk, amount_halalas=74_999)
    enter(session, cashier, bill, desk)
    with pytest.raises(BillNotPayable):
        enter(session, cashier, bill, desk, receipt="000124")
    with pytest.raises(settle.ReceiptTaken):
        enter(session, cashier, other, desk)

    assert other.status == "registered"


def test_a_counter_of_another_municipality_finds_no_bill(
    desk: Any, session: Any, saihat: Any
) -> None:
    bill = desk.bill()

    with pytest.raises(NotFound):
        enter(session, saihat, bill, desk)
    assert bill.status == "registered"


def test_a_bill_that_was_paid_at_a_counter_before_it_was_acknowledged_is_cancelled_then(
    desk: Any, session: Any, cashier: Any, published: Any
) -> None:
    from payments.commands import bills
    from payments.domain.registration import Outcome, Result

    bill = desk.invoice()
    bill.attempts = 1
    enter(session, cashier, bill, desk)
    assert (bill.status, bill.task) == ("settled", "register")

    result = Result(Outcome.REGISTERED, None, "4482000001", "174")
    bills.acknowledge_bill(UnitOfWork(session, BILL_SYSTEM, desk.now), bill, result)

    assert (bill.status, bill.task) == ("settled", "cancel")
    assert published() == ["bill.settled", "payment.settled"]


@pytest.mark.parametrize("changes", [{"municipality": "saihat"}, {"payer": "another"}])
def test_money_is_not_applied_to_a_bill_of_another_municipality_or_payer(
    desk: Any, session: Any, cashier: Any, changes: dict[str, Any]
) -> None:
    paid_twice = desk.bill()
    desk.notice(paid_twice)
    payment = desk.notice(paid_twice)
    other = desk.bill(**{name: value for name, value in changes.items() if name != "payer"})
    if "payer" in changes:
        other.payer = {**other.payer, "id_number": "1000000016"}
    proposal = Proposal(kind=Kind.APPLY, reason="رقم خاطئ", bill_id=other.bill_id)

    with pytest.raises(BillNotPayable) as refused:
        decisions.propose_decision(
            UnitOfWork(session, cashier, desk.now), payment.payment_id, proposal
        )

    assert refused.value.code == f"other-{next(iter(changes))}"
    assert other.status == "registered"
