"""What a request costs: shown, billed, and another amount by two people."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition, InvalidFields
from permits.commands import bill, fees, review
from permits.domain.fees import AmountUndecided, AnotherPersonAgrees, NoAmountProposed
from permits.queries import history_of_request
from saudi.days import legal_day

Desk = Any


def propose(desk: Desk, request: Any, amount: int = 60_000) -> Any:
    return fees.propose_amount(
        desk.work,
        request.request_id,
        amount_halalas=amount,
        reason="خصم لجهة خيرية",
    )


def agree(desk: Desk, request: Any, who: str = "p_second") -> Any:
    second = replace(desk.officer, subject=who, name="موظف ثان")
    return fees.agree_to_amount(desk.work.acting_as(second), request.request_id)


def bill_request(desk: Desk, request: Any, seen: int | None = None) -> Any:
    wanted = bill.PaymentRequest(seen_halalas=seen)
    return bill.request_payment(desk.work, request.request_id, wanted)


def test_the_bill_is_of_the_table_and_says_how_it_came_about(desk: Desk) -> None:
    request = desk.billed()

    [event] = desk.published(request.invoice_id)
    [line] = event.data["lines"]
    assert event.data["amount_halalas"] == line["amount_halalas"] == 74_460
    assert line["because"]["en"] == "SAR 2.40 x 310.25 m2 built, class 2"


def test_an_amount_that_nobody_computed_is_not_billed(desk: Desk) -> None:
    request = desk.approved()

    with pytest.raises(InvalidFields):
        bill_request(desk, request, seen=1)
    assert bill_request(desk, request, seen=74_460).status == "awaiting_payment"


def test_another_amount_is_billed_once_a_second_person_agreed(desk: Desk) -> None:
    request = desk.approved()

    propose(desk, request)
    with pytest.raises(AmountUndecided):
        bill_request(desk, request)
    with pytest.raises(AnotherPersonAgrees):
        agree(desk, request, who=desk.officer.subject)
    agree(desk, request)
    bill_request(desk, request)

    [event] = desk.published(request.invoice_id)
    assert event.data["amount_halalas"] == 60_000
    assert [one["amount_halalas"] for one in event.data["lines"]] == [74_460, -14_460]
    assert "خيرية" not in str(event.data)
    told = [
        (one.action, one.name, one.details)
        for one in history_of_request(desk.session, desk.officer, request.request_id)
        if "amount" in one.action
    ]
    assert told == [
        ("propose_amount", "موظف تجربة", {"proposal.amount": ["744.60", "600.00"]}),
        ("agree_to_amount", "موظف ثان", {"fee.amount": ["744.60", "600.00"]}),
    ]


def test_a_refused_amount_leaves_the_tables(desk: Desk) -> None:
    request = desk.approved()
    propose(desk, request)

    fees.refuse_amount(desk.work, request.request_id, reason="لا ينطبق")

    with pytest.raises(NoAmountProposed):
        agree(desk, request)
    assert bill_request(desk, request, seen=74_460).status == "awaiting_payment"


def test_a_later_proposal_takes_the_place_of_one_that_stood(desk: Desk) -> None:
    request = desk.approved()
    propose(desk, request, 50_000)
    agree(desk, request)

    propose(desk, request, 40_000)
    with pytest.raises(AmountUndecided):
        bill_request(desk, request)
    agree(desk, request)

    assert bill_request(desk, request, seen=40_000).status == "awaiting_payment"


def test_what_is_returned_loses_the_amount_that_was_agreed(desk: Desk) -> None:
    request = desk.approved()
    propose(desk, request)
    agree(desk, request)

    review.return_request(desk.work, request.request_id, notes="عدلوا المساحة")

    fee = fees.shown_fee(desk.session, request, on=legal_day(desk.now))
    assert fee is not None
    assert fee.proposal is None
    with pytest.raises(IllegalTransition):
        propose(desk, request)


def test_a_request_shows_its_fee_before_its_bill_and_by_its_bill(desk: Desk) -> None:
    request, on = desk.submit(), legal_day(desk.now)
    draft = fees.shown_fee(desk.session, request, on=on)
    billed = fees.shown_fee(desk.session, desk.billed(), on=on)
    desk.take(request, "cancel_request")

    assert draft is not None
    assert billed is not None
    assert draft.lines == billed.lines
    assert fees.shown_fee(desk.session, request, on=on) is None
