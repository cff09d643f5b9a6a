"""Nothing gets stuck: requests are edited, sent back after payment, and taken up again; permits are corrected."""

from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition, InvalidFields
from permits import queries
from permits.commands import bill, change_permit, issue, review, submit_request
from permits.domain.actors import SYSTEM
from permits.domain.corrections import ChangedMeanwhile
from permits.domain.requests import AlreadySubmitted
from permits.models import Invoice, PermitRequest

Desk = Any
SECOND = {
    "name": "مريم بنت علي آل تجربة (بيانات تجريبية)",
    "owner_type": "individual",
    "id_type": "national_id",
    "id_number": "1000000016",
}


def edit(desk: Desk, request: Any, **changes: Any) -> Any:
    return submit_request.edit(
        desk.work,
        request.request_id,
        changes,
        note="خطأ في الإدخال",
    )


def correct(desk: Desk, request: Any, **wanted: Any) -> Any:
    wanted = {"version": request.version, **wanted}
    return submit_request.correct_owners(desk.work, request.request_id, wanted)


def told(desk: Desk, request: Any) -> list[Any]:
    rows = queries.history_of_request(desk.session, desk.officer, request.request_id)
    return [row.details for row in rows if row.action in ("edit", "resubmit")]


@pytest.mark.parametrize("steps", [(), ("send_to_office",)])
def test_a_typing_error_is_edited_and_the_history_says_what(
    desk: Desk, steps: tuple[str, ...]
) -> None:
    request = desk.take(desk.submit(), *steps)
    status, old = request.status, request.request_number

    edit(desk, request, request_number="٤٤٩٠٠١", use_class="commercial", kind="restoration")

    assert (request.status, request.request_number) == (status, "449001")
    assert told(desk, request) == [
        {
            "use_class": ["residential", "commercial"],
            "kind": ["new", "restoration"],
            "request_number": [old, "449001"],
            "fee.amount": ["744.60", "400.00"],
        }
    ]
    event = desk.published(request.request_id)[-1]
    assert (event.happened, event.data["kind"]) == ("edited", "restoration")


def test_a_request_moves_to_the_municipality_that_it_is_of(desk: Desk, officer_of: Any) -> None:
    request = desk.submit()

    edit(desk, request, municipality="safwa")

    assert request.municipality == "safwa"
    desk.officer = officer_of("safwa")
    with pytest.raises(InvalidFields):
        edit(desk, request, municipality="tarout")


def test_what_is_under_review_is_not_edited(desk: Desk) -> None:
    request = desk.take(desk.submit(), "send_to_office", "send_to_technical_review")

    with pytest.raises(IllegalTransition):
        edit(desk, request, use_class="commercial")


def test_an_edit_changes_something(desk: Desk) -> None:
    with pytest.raises(InvalidFields) as caught:
        edit(desk, desk.submit(), use_class="residential")
    assert [one.code for one in caught.value.faults] == ["no-change"]


def test_one_owner_is_corrected_without_the_others(desk: Desk) -> None:
    request = desk.submit()
    first = request.owners[0].record()

    correct(desk, request, add=[SECOND])
    correct(desk, request, correct=[{"position": 1, "id_number": "1000000024"}])

    owners = [owner.record() for owner in request.owners]
    assert owners[0] == first
    assert (owners[1]["name"], owners[1]["id_number"]) == (SECOND["name"], "1000000024")
    assert told(desk, request) == [
        {"owners": [1, 2], "owners.1.id_number": [None, "10******16"]},
        {"owners.1.id_number": ["10******16", "10******24"]},
    ]
    correct(desk, request, remove=[0])
    assert [owner.id_number for owner in request.owners] == ["1000000024"]


def test_shares_of_several_owners_are_corrected_together(desk: Desk) -> None:
    halves = [{**SECOND, "share": "1/2"}, {**SECOND, "id_number": "1000000024", "share": "1/2"}]
    request = desk.submit(owners=halves)

    with pytest.raises(InvalidFields):
        correct(desk, request, correct=[{"position": 0, "share": "1/3"}])
    thirds = [{"position": 0, "share": "1/3"}, {"position": 1, "share": "2/3"}]
    correct(desk, request, correct=thirds)

    assert [owner.share for owner in request.owners] == ["1/3", "2/3"]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"correct": [{"position": 7, "share": "1/1"}]}, "owner-unknown"),
        ({"correct": [{"position": 0, "share": "1/1"}], "remove": [0]}, "owner-twice"),
        ({"correct": [{"position": 0, "id_number": "1000000009"}]}, "check-digit"),
        ({"remove": [0]}, "too-few"),
    ],
)
def test_a_wrong_correction_names_the_owner(desk: Desk, wanted: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidFields) as caught:
        correct(desk, desk.submit(), **wanted)
    assert [one.code for one in caught.value.faults] == [code]


def test_an_owner_is_not_corrected_by_a_list_that_is_another_by_now(desk: Desk) -> None:
    request = desk.submit()
    correct(desk, request, add=[SECOND])

    with pytest.raises(ChangedMeanwhile):
        correct(desk, request, version=1, remove=[0])


@pytest.mark.parametrize("end", ["cancel_request", "reject"])
def test_a_balady_number_is_taken_up_again_after_the_end(desk: Desk, end: str) -> None:
    first = desk.take(desk.submit(), "send_to_office", "send_to_technical_review")
    number = first.request_number
    with pytest.raises(AlreadySubmitted):
        desk.submit(request_number=number)

    reason = {"reason": "خارج النطاق"} if end == "reject" else {}
    command = getattr(review, end)
    command(desk.work, first.request_id, **reason)
    second = desk.submit(request_number=number)

    assert (second.request_number, second.status) == (number, "draft")
    with pytest.raises(AlreadySubmitted):
        edit(desk, desk.submit(), request_number=number)


def back(desk: Desk, request: PermitRequest, **changes: Any) -> PermitRequest:
    """Sent back after payment, corrected, approved again."""
    review.return_request(
        desk.work,
        request.request_id,
        notes="المساحة غير صحيحة",
    )
    submit_request.resubmit(desk.work, request.request_id, changes, note="صُححت")
    steps = ("send_to_technical_review", "pass_technical_review", "approve")
    return desk.take(request, *steps)  # type: ignore[no-any-return]


def happened(desk: Desk, key: str) -> list[str]:
    desk.session.flush()
    return [row.happened for row in desk.published(key)]


def test_money_is_carried_over_when_the_corrected_request_costs_the_same(desk: Desk) -> None:
    request = desk.paid()
    invoice = desk.session.get_one(Invoice, request.invoice_id)

    back(desk, request, land={**request.land, "plots": ["9"]})
    held = invoice.status
    desk.bill(request)

    assert (held, invoice.status, request.status) == ("held", "paid", "paid")
    assert happened(desk, invoice.invoice_id) == ["requested"]
    assert happened(desk, request.request_id)[-2:] == ["approved", "paid"]
    assert issue.issue_permit(desk.work, request.request_id).land["plots"] == ["9"]


def args(desk: Desk, request: PermitRequest) -> tuple[Any, Any, str]:
    return desk.session, desk.officer, request.request_id


def test_money_goes_back_when_the_corrected_request_costs_something_else(desk: Desk) -> None:
    request = desk.paid()
    first = request.invoice_id

    back(desk, request, building={**request.building, "built_area_m2": 400})
    desk.bill(request)

    assert request.status == "awaiting_payment"
    assert happened(desk, first) == ["requested", "refund_requested"]
    assert request.invoice_id != first
    desk.pay(request)
    assert request.status == "paid"


@pytest.mark.parametrize("end", ["cancel_request", "reject"])
def test_held_money_goes_back_when_the_request_ends(desk: Desk, end: str) -> None:
    request = desk.paid()
    review.return_request(
        desk.work,
        request.request_id,
        notes="الموقع غير صحيح",
    )
    submit_request.resubmit(
        desk.work,
        request.request_id,
        {"use_class": "commercial"},
    )
    desk.take(request, "send_to_technical_review")

    reason = {"reason": "خارج النطاق"} if end == "reject" else {}
    getattr(review, end)(desk.work, request.request_id, **reason)

    assert happened(desk, request.invoice_id)[-1] == "refund_requested"


def test_held_money_that_went_back_is_billed_anew(desk: Desk) -> None:
    request = desk.paid()
    first = request.invoice_id
    back(desk, request, use_class="commercial")

    bill.refund_invoice(desk.work.acting_as(SYSTEM), first, gone=True)
    desk.bill(request)

    assert request.status == "awaiting_payment"
    assert desk.session.get_one(Invoice, first).status == "refunded"


def test_a_bill_is_withdrawn_by_hand_and_asked_for_again(desk: Desk) -> None:
    request = desk.billed()
    first = request.invoice_id

    bill.withdraw_payment(
        desk.work,
        request.request_id,
        reason="قبل أوانها",
    )

    assert (request.status, happened(desk, first)[-1]) == ("approved", "withdrawn")
    with pytest.raises(IllegalTransition):
        bill.withdraw_payment(
            desk.work,
            request.request_id,
            reason="مرة أخرى",
        )
    assert desk.bill(request).status == "awaiting_payment"


def test_a_real_correction_of_a_permit_corrects_owners_building_and_office(desk: Desk) -> None:
    permit = desk.issued()
    wanted = {
        "owners": {
            "version": permit.version,
            "correct": [{"position": 0, "name": "حسن علي آل تجربة", "mobile": "0501234568"}],
        },
        "building": {"description": "فيلا من دور واحد"},
        "engineering_office": {"name": "مكتب آخر (بيانات تجريبية)", "licence_number": "٥٢١١"},
    }

    change_permit.amend(
        desk.work,
        permit.permit_id,
        reason="خطأ في النقل",
        wanted=wanted,
    )

    event = desk.published(permit.permit_id)[-1]
    assert event.happened == "amended"
    assert desk.opened(event.data)["owners"][0]["name"] == "حسن علي آل تجربة"
    building = event.data["building"]
    assert (building["description"], building["units"]) == ("فيلا من دور واحد", 1)
    rows = queries.history_of_permit(desk.session, desk.officer, permit.permit_id)
    [row] = [one for one in rows if one.action == "amend"]
    assert row.details == {
        "building.description": ["فيلا سكنية", "فيلا من دور واحد"],
        "engineering_office.name": ["مكتب تجريبي (بيانات تجريبية)", "مكتب آخر (بيانات تجريبية)"],
        "engineering_office.licence_number": ["5210", "5211"],
        "owners.0.name": [None, None],
        "owners.0.mobile": ["+966******567", "+966******568"],
    }
    with pytest.raises(ChangedMeanwhile):
        change_permit.amend(
            desk.work,
            permit.permit_id,
            reason="خطأ",
            wanted={"owners": wanted["owners"]},
        )
