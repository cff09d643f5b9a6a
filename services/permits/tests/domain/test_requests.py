"""The life of a permit request: each step from where it may be taken, and from nowhere else."""

from datetime import date, datetime, time, timedelta
from itertools import product

import pytest

from chassis.core.refusals import IllegalTransition
from permits.domain import requests
from permits.domain.requests import Action, Progress, Status
from saudi.days import RIYADH

TODAY = date(2026, 11, 24)
TO_PAY = TODAY + timedelta(days=30)
BILLED = Progress(Status.AWAITING_PAYMENT, due_on=TO_PAY)

LEGAL = {
    ("draft", "send_to_office"): "with_office",
    ("with_office", "send_to_technical_review"): "technical_review",
    ("technical_review", "pass_technical_review"): "municipality_review",
    ("technical_review", "return"): "returned",
    ("municipality_review", "return"): "returned",
    ("approved", "return"): "returned",
    ("awaiting_payment", "return"): "returned",
    ("paid", "return"): "returned",
    ("draft", "edit"): "draft",
    ("with_office", "edit"): "with_office",
    ("returned", "edit"): "returned",
    ("returned", "resubmit"): "with_office",
    ("approved", "carry_payment"): "paid",
    ("awaiting_payment", "withdraw_payment"): "approved",
    ("municipality_review", "approve"): "approved",
    ("technical_review", "reject"): "rejected",
    ("municipality_review", "reject"): "rejected",
    ("returned", "reject"): "rejected",
    ("approved", "reject"): "rejected",
    ("awaiting_payment", "reject"): "rejected",
    ("paid", "reject"): "rejected",
    ("expired_unpaid", "pay"): "paid",
    ("rejected", "readmit"): "technical_review",
    ("approved", "request_payment"): "awaiting_payment",
    ("awaiting_payment", "request_payment"): "awaiting_payment",
    ("awaiting_payment", "pay"): "paid",
    ("awaiting_payment", "unbill"): "approved",
    ("paid", "unbill"): "approved",
    ("paid", "issue"): "issued",
    ("awaiting_payment", "expire_unpaid"): "expired_unpaid",
    ("draft", "cancel"): "cancelled_by_applicant",
    ("with_office", "cancel"): "cancelled_by_applicant",
    ("technical_review", "cancel"): "cancelled_by_applicant",
    ("municipality_review", "cancel"): "cancelled_by_applicant",
    ("returned", "cancel"): "cancelled_by_applicant",
    ("approved", "cancel"): "cancelled_by_applicant",
    ("awaiting_payment", "cancel"): "cancelled_by_applicant",
    ("paid", "cancel"): "cancelled_by_applicant",
}


@pytest.mark.parametrize(("step", "after"), LEGAL.items())
def test_each_step_leads_where_the_procedure_says(step: tuple[str, str], after: str) -> None:
    status, action = step

    assert requests.advance(Progress(Status(status)), Action(action), today=TODAY).status == after


@pytest.mark.parametrize(
    ("status", "action"), [pair for pair in product(Status, Action) if pair not in LEGAL]
)
def test_every_other_step_is_refused_by_name(status: Status, action: Action) -> None:
    with pytest.raises(IllegalTransition) as caught:
        requests.advance(Progress(status), action, today=TODAY)

    assert (caught.value.code, caught.value.params["action"]) == (status, action)


def test_a_refused_step_names_the_possible_steps() -> None:
    with pytest.raises(IllegalTransition) as caught:
        requests.advance(Progress(Status.RETURNED), Action.APPROVE, today=TODAY)

    assert [step["ar"] for step in caught.value.params["next"]] == [
        *("تعديل بيانات الطلب", "إعادة التقديم", "رفض", "إلغاء")
    ]


def test_what_follows_from_the_money_is_nobodys_next_step() -> None:
    with pytest.raises(IllegalTransition) as caught:
        requests.advance(BILLED, Action.APPROVE, today=TODAY)

    named = {step["en"] for step in caught.value.params["next"]}
    assert named == {
        *("Returned for completion", "Payment requested", "Bill withdrawn"),
        *("Cancelled", "Expired unpaid", "Rejected"),
    }


def test_a_permit_is_never_issued_before_payment() -> None:
    with pytest.raises(requests.PaymentMissing):
        requests.issue(BILLED, today=TODAY)

    assert requests.issue(Progress(Status.PAID), today=TODAY).status == Status.ISSUED


def test_there_is_a_last_day_to_pay_only_while_a_request_waits_for_the_money() -> None:
    billed = requests.request_payment(Progress(Status.APPROVED), due_on=TO_PAY, today=TODAY)

    assert billed.due_on == TO_PAY
    for action in (Action.PAY, Action.UNBILL, Action.RETURN, Action.CANCEL, Action.EXPIRE_UNPAID):
        assert requests.advance(billed, action, today=TODAY).due_on is None


def test_an_unpaid_request_expires_a_day_after_the_last_day_to_pay() -> None:
    end = datetime.combine(TO_PAY + timedelta(days=2), time(), RIYADH)
    with pytest.raises(requests.InvoiceNotOverdue):
        requests.expire_unpaid(BILLED, now=end - timedelta(seconds=1))

    assert requests.expire_unpaid(BILLED, now=end).status == Status.EXPIRED_UNPAID


def test_the_day_of_the_decision_stays_until_the_request_is_returned() -> None:
    review = Progress(Status.MUNICIPALITY_REVIEW)
    approved = requests.advance(review, Action.APPROVE, today=TODAY)
    billed = requests.request_payment(approved, due_on=TO_PAY, today=TO_PAY)

    assert (review.decided_on, approved.decided_on, billed.decided_on) == (None, TODAY, TODAY)
    assert requests.advance(billed, Action.RETURN, today=TO_PAY).decided_on is None
    assert requests.advance(review, Action.REJECT, today=TODAY).decided_on == TODAY


@pytest.mark.parametrize("status", Status)
def test_a_request_that_has_ended_says_when_and_waits_for_nobody(status: Status) -> None:
    reached = [
        requests.advance(Progress(start), action, today=TODAY)
        for action, ways in requests.TRANSITIONS.items()
        for start, end in ways.items()
        if end is status
    ]

    ended = status in requests.ENDS
    assert {step.ended_on for step in reached} <= {TODAY if ended else None}
    assert (requests.next_step(status) == "none") == ended
