"""The payer, the last day to pay, and held money."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.core.refusals import InvalidFields
from permits.domain import fees
from permits.domain.fees import PayerMissing

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

    payer = fees.payer_of([owner(), second, third])

    assert payer.record() == {"name": "مريم", "id_type": "iqama", "id_number": "2000000006"}
    assert payer.mobile == "+966500000001"


def test_where_no_owner_has_a_number_somebody_has_to_be_named() -> None:
    with pytest.raises(PayerMissing):
        fees.payer_of([owner(owner_type="waqf")])

    named = {"name": " ناظر  الوقف ", "id_type": "national_id", "id_number": "١٠٠٠٠٠٠٠٠٨"}
    payer = fees.parse_payer(named)
    assert (payer.name, payer.id_number) == ("ناظر الوقف", "1000000008")


def test_every_fault_of_a_named_payer_is_told_at_once() -> None:
    with pytest.raises(InvalidFields) as caught:
        fees.parse_payer({"name": "1", "id_type": "national_id", "id_number": "1000000009"})

    assert {(one.field, one.code) for one in caught.value.faults} == {
        ("payer.name", "name"),
        ("payer.id_number", "check-digit"),
    }


def test_an_invoice_leaves_time_to_pay() -> None:
    with pytest.raises(InvalidFields) as caught:
        fees.check_due_on(TODAY - timedelta(days=1), today=TODAY)

    assert [(one.field, one.code) for one in caught.value.faults] == [("due_on", "past-date")]
    fees.check_due_on(TODAY, today=TODAY)


def test_there_are_thirty_days_to_pay_where_no_day_is_named() -> None:
    assert fees.last_day(None, TODAY) == date(2026, 12, 24)
    assert fees.last_day(TODAY, TODAY) == TODAY


def test_held_money_pays_only_exactly_what_the_corrected_request_costs() -> None:
    assert fees.covers_fee(74_460, 74_460)
    assert not fees.covers_fee(74_460, 74_461)
    assert not fees.covers_fee(74_461, 74_460)
