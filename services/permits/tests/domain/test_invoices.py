"""Who pays, what the bill says, and what follows when money comes."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.core.refusals import InvalidFields
from permits.domain import invoices
from permits.domain.invoices import PayerMissing, Status
from permits.domain.requests import Status as RequestStatus

TODAY = date(2026, 11, 24)


def owner(**more: Any) -> dict[str, Any]:
    return {
        "name": "ورثة تجربة (بيانات تجريبية)",
        "owner_type": "heirs",
        "id_type": "none",
        "id_number": None,
        "share": None,
        "mobile": None,
        **more,
    }


def test_the_first_owner_with_a_number_pays() -> None:
    second = owner(name="مريم", id_type="iqama", id_number="2000000006", mobile="+966500000001")
    third = owner(name="علي", id_type="national_id", id_number="1000000008")

    payer = invoices.payer_of([owner(), second, third])

    assert payer.record() == {"name": "مريم", "id_type": "iqama", "id_number": "2000000006"}
    assert payer.mobile == "+966500000001"


def test_where_no_owner_has_a_number_somebody_has_to_be_named() -> None:
    with pytest.raises(PayerMissing):
        invoices.payer_of([owner(owner_type="waqf")])

    named = {"name": " ناظر  الوقف ", "id_type": "national_id", "id_number": "١٠٠٠٠٠٠٠٠٨"}
    payer = invoices.parse_payer(named)
    assert (payer.name, payer.id_number) == ("ناظر الوقف", "1000000008")


def test_every_fault_of_a_named_payer_is_told_at_once() -> None:
    with pytest.raises(InvalidFields) as caught:
        invoices.parse_payer({"name": "1", "id_type": "national_id", "id_number": "1000000009"})

    assert {(one.field, one.code) for one in caught.value.faults} == {
        ("payer.name", "name"),
        ("payer.id_number", "check-digit"),
    }


def test_an_invoice_leaves_time_to_pay() -> None:
    with pytest.raises(InvalidFields) as caught:
        invoices.check_due_on(TODAY - timedelta(days=1), today=TODAY)

    assert [(one.field, one.code) for one in caught.value.faults] == [("due_on", "past-date")]
    invoices.check_due_on(TODAY, today=TODAY)


def test_there_are_thirty_days_to_pay_where_no_day_is_named() -> None:
    assert invoices.last_day(None, TODAY) == date(2026, 12, 24)
    assert invoices.last_day(TODAY, TODAY) == TODAY


@pytest.mark.parametrize("invoice", [Status.REQUESTED, Status.WITHDRAWN, Status.ENDED])
@pytest.mark.parametrize("request_status", RequestStatus)
@pytest.mark.parametrize("current", [True, False])
def test_money_is_kept_only_for_the_request_that_waits_for_it(
    invoice: Status, request_status: RequestStatus, current: bool
) -> None:
    after = invoices.after_payment(invoice, request_status, current=current)

    waits = current and request_status is RequestStatus.AWAITING_PAYMENT
    assert after == (Status.PAID if waits else Status.REFUND_REQUESTED)


@pytest.mark.parametrize("invoice", sorted(invoices.SETTLED))
def test_money_that_came_before_changes_nothing(invoice: Status) -> None:
    waiting = RequestStatus.AWAITING_PAYMENT

    assert invoices.after_payment(invoice, waiting, current=True) is None


@pytest.mark.parametrize("invoice", Status)
def test_given_up_unpaid_is_withdrawn_and_paid_goes_back(invoice: Status) -> None:
    expected = {
        Status.REQUESTED: Status.WITHDRAWN,
        Status.PAID: Status.REFUND_REQUESTED,
        Status.HELD: Status.REFUND_REQUESTED,
    }

    assert invoices.after_giving_up(invoice) == expected.get(invoice)


@pytest.mark.parametrize("invoice", Status)
def test_what_was_paid_is_held_while_its_request_is_corrected(invoice: Status) -> None:
    expected = {Status.REQUESTED: Status.WITHDRAWN, Status.PAID: Status.HELD}

    assert invoices.after_return(invoice) == expected.get(invoice)


def test_held_money_is_carried_over_where_it_is_what_is_due() -> None:
    assert invoices.after_correction(74_460, 74_460) is Status.PAID
    assert invoices.after_correction(74_460, 74_461) is Status.REFUND_REQUESTED
    assert invoices.after_correction(74_461, 74_460) is Status.REFUND_REQUESTED
