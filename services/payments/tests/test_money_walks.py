"""Walks over bills and money: in every order of events the invariants of money_invariants.py hold. Each deliberate bug
is caught by the invariant that is named beside it, in a story that is fine without the bug.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from chassis.process import Process
from chassis.testing_walks import (
    WalkDatabase,
    answer_no,
    switch_off,
    switch_off_deadline,
    take_walks,
)
from payments.app import SERVICE
from payments.commands import accounts, bills, decisions, notices, reconcile, recording
from payments.commands import settle as settle_commands
from payments.domain import bills as bill_rules
from payments.domain import payments as payment_rules
from payments.domain.decisions import Kind
from payments.models import Bill, Payment

from .walking_money import TALLY, MoneyWalk, WalkFixtures


@pytest.fixture
def fixtures(database: Any, session: Any, settings: Any) -> WalkFixtures:
    return WalkFixtures(WalkDatabase(session, database), Process(SERVICE, settings, database))


def test_no_walk_breaks_an_invariant(fixtures: WalkFixtures) -> None:
    take_walks(
        partial(MoneyWalk, fixtures),
        TALLY,
        connection=fixtures.database.session.connection(),
        few=3,
        steps=60,
    )


# ------------------------------------------------------------------------------------------------------- stories


def begin(walk: MoneyWalk, *payers: int, days: int = 3) -> None:
    """One registered bill for each payer."""
    for payer in payers or (0,):
        walk.send_invoice(payer, 0, days)
    walk.bill_system_is_called("ok")


def hear_of_money(walk: MoneyWalk, which: int = -1) -> None:
    walk.notice_arrives(which % len(walk.money))
    walk.holds()


def hear_twice(walk: MoneyWalk) -> None:
    begin(walk)
    walk.pay_there(0, 0)
    hear_of_money(walk)
    walk.notice_arrives(0, anew=True)


def hear_after_the_expiry(walk: MoneyWalk) -> None:
    begin(walk, days=1)
    walk.pay_there(0, 0, at_once=False)
    walk.time_passes(73)
    walk.bill_system_is_called("ok")
    assert walk.bill_of(walk.invoices[0]).status == "expired"
    hear_of_money(walk)


def pay_a_bill_twice(walk: MoneyWalk) -> None:
    walk.pay_there(0, 0)
    walk.pay_twice(0)
    hear_of_money(walk, 0)
    hear_of_money(walk, 1)


def agree(walk: MoneyWalk, kind: Kind, bill: int = 0, iban: int = 0) -> None:
    """Proposes for the money that waits first, and agrees."""
    walk.propose(0, kind, bill, 1, iban)
    walk.decide(0, 2, True)
    walk.holds()


def apply_to_another_payer(walk: MoneyWalk) -> None:
    begin(walk, 0)
    pay_a_bill_twice(walk)
    begin(walk, 1)
    agree(walk, Kind.APPLY, bill=1)


def reconcile_what_he_took(walk: MoneyWalk) -> None:
    begin(walk)
    walk.pay_at_the_counter(0, 0)
    walk.time_passes(24)
    walk.upload_a_counters_day(1, 0, 1)


def withdraw_a_registered_bill(walk: MoneyWalk) -> None:
    begin(walk)
    walk.withdraw(0, "withdrawn")
    walk.bill_system_is_called("ok")


def settle(walk: MoneyWalk) -> None:
    begin(walk)
    walk.pay_there(0, 0)
    hear_of_money(walk)


def leave_money_waiting(walk: MoneyWalk) -> None:
    begin(walk)
    pay_a_bill_twice(walk)


def refund_to_another_account(walk: MoneyWalk) -> None:
    leave_money_waiting(walk)
    agree(walk, Kind.REFUND, iban=0)
    walk.propose(
        1, Kind.REFUND, 0, 1, 1
    )  # the money that goes back stands behind the settled money
    walk.decide(0, 2, True)


def refund_transferred_money_again(walk: MoneyWalk) -> None:
    settle(walk)
    agree(walk, Kind.REFUND)
    walk.pay_out(0)
    agree(walk, Kind.REFUND, iban=1)
    walk.pay_out(0)


def refund_returned_money_again(walk: MoneyWalk) -> None:
    settle(walk)
    agree(walk, Kind.REFUND)
    walk.pay_out(0)
    walk.bank_returns_a_transfer(0)
    agree(walk, Kind.REFUND, iban=1)
    walk.pay_out(0)
    assert [len(one) for one in walk.sent.values()] == [2]


def dismiss_what_the_bank_settled(walk: MoneyWalk) -> None:
    leave_money_waiting(walk)
    walk.time_passes(24)
    walk.bank_settles_a_day(1)
    walk.now += timedelta(hours=1)
    agree(walk, Kind.DISMISS)


def withdraw_a_paid_invoice(walk: MoneyWalk) -> None:
    settle(walk)
    walk.withdraw(0, "refund_requested")


def pay_a_withdrawn_invoice(walk: MoneyWalk) -> None:
    begin(walk)
    walk.pay_there(0, 0)
    walk.withdraw(0, "withdrawn")
    hear_of_money(walk)


def decide_alone(walk: MoneyWalk) -> None:
    leave_money_waiting(walk)
    walk.propose(0, Kind.REFUND, 0, 1, 0)
    walk.decide(0, 1, True)


def change_the_account_while_people_decide(walk: MoneyWalk) -> None:
    """The second payment waits; its place in the list of payments isn't known."""
    leave_money_waiting(walk)
    for which in range(2):
        walk.give_account(which, 0, 0)
    walk.propose(0, Kind.REFUND, 0, 1, None)
    walk.holds()
    for which in range(2):
        walk.give_account(which, 0, 1)


def give_an_account_for_others_money(walk: MoneyWalk) -> None:
    leave_money_waiting(walk)
    for which in range(2):
        walk.give_account(which, 1, 0)


def pay_too_little(walk: MoneyWalk) -> None:
    begin(walk)
    walk.pay_there(0, -100)
    hear_of_money(walk)


def pass_the_last_day(walk: MoneyWalk) -> None:
    begin(walk, days=1)
    walk.time_passes(73)
    walk.bill_system_is_called("ok")


# ---------------------------------------------------------------------------------------------------------- bugs


def forget_money_before(patch: Any) -> None:
    """A second notice of a payment is taken as new money."""
    find = notices._find_or_add_payment
    patch.setattr(notices, "_find_or_add_payment", lambda *args: (find(*args)[0], True))


def end_without_asking(patch: Any) -> None:
    step = bill_rules.GiveUpStep
    patch.setattr(bill_rules, "give_up", lambda _status, ending, **_named: step(status=ending))


def tell_no_payer(patch: Any) -> None:
    patch.setattr(recording, "HEARD_BY_PAYER", frozenset())


def ask_nobody_who_pays(patch: Any) -> None:
    def lock_any(work: Any, _payer: Any, payment_id: str) -> Any:
        payment = work.lock(Payment, payment_id)
        return payment, work.session.get(Bill, payment.bill_id)

    patch.setattr(accounts, "_lock_own", lock_any)


def keep_both_accounts(patch: Any) -> None:
    def begin_refund(work: Any, row: Any, payment: Any) -> None:
        payment.status, payment.refund_since = "refunding", payment.refund_since or work.now
        payment.transfer = payment.ended_at = None
        recording.record_payment(work, payment, "agree-refund", "refunding", note=row.note)

    patch.setattr(decisions, "_begin_refund", begin_refund)


def refund_what_is_gone(patch: Any) -> None:
    patch.setattr(decisions.decisions, "require_not_transferred", lambda *_, **__: None)


def forget_the_transfer(patch: Any) -> None:
    refund_what_is_gone(patch)
    begin = decisions._begin_refund

    def begin_refund(work: Any, row: Any, payment: Any) -> None:
        payment.transfer = None
        begin(work, row, payment)

    patch.setattr(decisions, "_begin_refund", begin_refund)


def take_withdrawn(patch: Any) -> None:
    make = settle_commands.for_money

    def for_money(row: Any) -> Any:
        found = make(row)
        return found and payment_rules.BillForMoney(
            found.status, found.amount_halalas, withdrawn=False, due_on=found.due_on
        )

    patch.setattr(settle_commands, "for_money", for_money)
    patch.setattr(decisions, "for_money", for_money)


def publish_no_end(patch: Any) -> None:
    record = bills.record_bill

    def record_bill(work: Any, row: Any, action: str, happened: Any, **more: Any) -> None:
        told = None if happened in ("cancelled", "expired") else happened
        record(work, row, action, told, **more)

    patch.setattr(bills, "record_bill", record_bill)


Story = Callable[[MoneyWalk], None]
# The bug → its story, the bug itself, and the words of the invariant or constraint that catches it.
BUGS: dict[str, tuple[Story, Callable[[Any], None], str]] = {
    "a notice counts twice": (hear_twice, forget_money_before, "settled|already"),
    "money paid in time is too late for an expired bill": (
        hear_after_the_expiry, switch_off(payment_rules, "_revives", answer_no), "paid in time, expired"),
    "money is applied to another payer's bill": (
        apply_to_another_payer, switch_off(decisions, "find_other_debtor"), "another payer"),
    "a cashier reconciles his own money": (
        reconcile_what_he_took, switch_off(reconcile, "_took_money", answer_no), "his receipt|his day"),
    "a bill ends here before the bill system cancelled it": (
        withdraw_a_registered_bill, end_without_asking, "payable there"),
    "a settled bill keeps its deadline": (
        settle, switch_off(settle_commands, "drop_deadline"), "a deadline of a bill that has ended"),
    "the payer doesn't hear of money that waits": (
        leave_money_waiting, tell_no_payer, "nobody hears"),
    "a refund to another account leaves the first one agreed": (
        refund_to_another_account, keep_both_accounts, "two accounts"),
    "transferred money is refunded again": (
        refund_transferred_money_again, refund_what_is_gone,
        "ck_payment_transfer"),
    "transferred money is refunded again, and its transfer forgotten": (
        refund_transferred_money_again, forget_the_transfer,
        "about to be sent again"),
    "a returned transfer is forgotten": (
        refund_returned_money_again, forget_the_transfer, "number of a transfer is lost"),
    "money that came is dismissed": (
        dismiss_what_the_bank_settled, switch_off(decisions, "_is_settled", answer_no), "dismissed although"),
    "a paid invoice that is withdrawn asks for no refund": (
        withdraw_a_paid_invoice, switch_off(bills, "_ask_for_refund"), "refund not wanted"),
    "a withdrawn bill is settled": (
        pay_a_withdrawn_invoice, take_withdrawn, "settled when withdrawn"),
    "the end of a bill isn't published": (
        withdraw_a_registered_bill, publish_no_end, "the newest event"),
    "one person decides alone": (
        decide_alone, switch_off(decisions.decisions, "require_second_person"), "second_person"),
    "the account changes while people decide": (
        change_the_account_while_people_decide, switch_off(accounts, "require_account_wanted"),
        "another account while people decide"),
    "anybody gives the account": (
        give_an_account_for_others_money, ask_nobody_who_pays, "not the payer's account"),
    "a bill is settled by another amount": (
        pay_too_little, switch_off(payment_rules, "find_suspense"), "whole|settled"),
    "the deadline of a bill does nothing": (
        pass_the_last_day, switch_off_deadline(SERVICE, settle_commands.EXPIRY), "late, and still open"),
}  # fmt: skip
STORIES = sorted({story for story, _, _ in BUGS.values()}, key=lambda one: one.__name__)


@pytest.mark.parametrize("story", STORIES, ids=lambda one: one.__name__)
def test_each_story_is_fine_while_the_rules_hold(fixtures: WalkFixtures, story: Story) -> None:
    play(fixtures, story)


@pytest.mark.parametrize("bug", BUGS)
def test_a_deliberate_bug_is_caught_by_name(
    fixtures: WalkFixtures, monkeypatch: pytest.MonkeyPatch, bug: str
) -> None:
    story, put_in, words = BUGS[bug]
    put_in(monkeypatch)

    with pytest.raises((AssertionError, IntegrityError), match=words):
        play(fixtures, story)


def play(fixtures: WalkFixtures, story: Story) -> None:
    walk = MoneyWalk(fixtures)
    try:
        story(walk)
        walk.holds()
    except BaseException:
        fixtures.database.end_walk()
        raise
    walk.teardown()
