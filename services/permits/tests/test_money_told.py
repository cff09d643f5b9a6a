"""The history of a request tells its amounts, from and to, in Arabic."""

from typing import Any

from permits import queries
from permits.api.views import history_view
from permits.commands import bill, fees, review, submit_request
from permits.models import PermitRequest

Desk = Any
Told = dict[str, tuple[str | None, str | None]]


def told(desk: Desk, request: PermitRequest, action: str) -> Told:
    """What the latest entry of an action says for people, by its Arabic title."""
    desk.session.flush()
    rows = queries.history_of_request(desk.session, desk.officer, request.request_id)
    items = history_view(rows)["items"]
    changes = [one["changes"] for one in items if one["action"] == action][-1]
    return {one["title"]["ar"]: (one["from"], one["to"]) for one in changes}


def test_a_bill_and_its_payment_are_told(desk: Desk) -> None:
    request = desk.paid()

    assert told(desk, request, "request_payment") == {
        "مبلغ الفاتورة بالريال": (None, "744.60"),
        "آخر يوم للسداد": (None, "1448/07/15هـ الموافق 2026/12/24م"),
    }
    assert told(desk, request, "pay") == {"المبلغ المسدد بالريال": (None, "744.60")}


def test_a_bill_that_takes_the_place_of_another_is_told_from_and_to(desk: Desk) -> None:
    request = desk.billed()

    desk.bill(request, days=31)

    bill = told(desk, request, "request_payment")["مبلغ الفاتورة بالريال"]
    assert bill == ("744.60", "744.60")


def test_a_withdrawn_bill_is_told(desk: Desk) -> None:
    request = desk.billed()

    bill.withdraw_payment(desk.work, request.request_id, reason="قبل أوانها")

    assert told(desk, request, "withdraw_payment") == {"مبلغ الفاتورة بالريال": ("744.60", None)}


def test_money_that_is_held_and_carried_over_is_told(desk: Desk) -> None:
    request = desk.paid()

    review.return_request(desk.work, request.request_id, notes="صححوا المخطط")
    assert told(desk, request, "return") == {
        "المبلغ المسدد بالريال": ("744.60", None),
        "المبلغ المحفوظ للطلب المصحح بالريال": (None, "744.60"),
    }
    review.cancel_request(desk.work, request.request_id)
    assert told(desk, request, "cancel") == {
        "المبلغ المحفوظ للطلب المصحح بالريال": ("744.60", None),
        "المبلغ المطلوب رده بالريال": (None, "744.60"),
    }


def test_a_fee_that_an_edit_changes_is_told_from_and_to(desk: Desk) -> None:
    request = desk.submit()
    building = {**request.building, "built_area_m2": 620.5}

    submit_request.edit(desk.work, request.request_id, {"building": building})

    before, after = told(desk, request, "edit")["الرسم بالريال"]
    assert before == "744.60"
    assert float(str(after)) > 744.60


def test_a_proposed_amount_that_is_refused_is_told(desk: Desk) -> None:
    request = desk.approved()
    fees.propose_amount(
        desk.work,
        request.request_id,
        amount_halalas=60_000,
        reason="خصم",
    )

    fees.refuse_amount(desk.work, request.request_id, reason="لا ينطبق")

    assert told(desk, request, "propose_amount") == {"المبلغ المقترح بالريال": ("744.60", "600.00")}
    assert told(desk, request, "refuse_amount") == {"المبلغ المقترح بالريال": ("600.00", None)}


def test_papers_that_were_missing_at_the_approval_are_told(desk: Desk) -> None:
    request = desk.approved()

    [(title, (before, after))] = told(desk, request, "approve").items()

    assert (title, before) == ("مستندات لم تُسلَّم", None)
    assert "تقرير مساحي" in str(after)
