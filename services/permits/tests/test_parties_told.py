"""Sellers, a waqf and heirs are told: texts reach those whom a decision concerns, also without a number."""

from typing import Any

import pytest

from chassis.core.refusals import InvalidFields
from chassis.events.contacts import contacts_of
from chassis.events.inquiry import Known, inquiries_of
from permits.commands import bill, issue

Desk = Any
NAZIR = {
    "name": "علي بن محمد آل تجربة (بيانات تجريبية)",
    "capacity": "nazir",
    "authority_number": "4455667788",
    "mobile": "0500000011",
}
WAQF = {"name": "وقف تجربة (بيانات تجريبية)", "owner_type": "waqf", "id_type": "none"}
BUYER = {
    "name": "زينب آل نموذج (بيانات تجريبية)",
    "owner_type": "individual",
    "id_type": "national_id",
    "id_number": "1000000016",
    "mobile": "0500000022",
}


def told(desk: Desk, key: str) -> list[tuple[str, str, list[str]]]:
    """Type, successor's kind and opened mobiles of each event of a thing."""
    desk.session.flush()
    contacts = contacts_of(desk.session)
    return [
        (
            event.happened,
            event.data.get("successor_kind"),
            [one.mobile for one in contacts.open(key, event.data["contacts"])],
        )
        for event in desk.published(key)
    ]


def test_a_correction_is_not_told_as_a_sale(desk: Desk) -> None:
    permit = desk.issued()

    desk.issued(kind="correction", previous_permit_id=permit.permit_id)

    assert told(desk, permit.permit_id)[-1][:2] == ("superseded", "correction")


@pytest.mark.parametrize(
    ("change", "warned"),
    [({}, True), ({"owners": [BUYER]}, False)],
)
def test_a_transfer_to_the_same_owners_is_a_warning(
    desk: Desk, change: dict[str, Any], warned: bool
) -> None:
    permit = desk.issued()

    row = desk.submit(kind="ownership_transfer", previous_permit_id=permit.permit_id, **change)

    assert ({"field": "owners", "code": "same-owners"} in row.warnings) is warned


def test_a_waqf_without_a_mobile_is_told_through_its_nazir(desk: Desk) -> None:
    request = desk.approved(owners=[WAQF], representative=NAZIR)
    payer = {"name": NAZIR["name"], "id_type": "national_id", "id_number": "1000000008"}
    wanted = bill.PaymentRequest(payer={**payer, "mobile": "0500000033"})
    bill.request_payment(desk.work.acting_as(desk.reviewer), request.request_id, wanted)
    [event] = desk.published(request.invoice_id)
    [payer_told] = contacts_of(desk.session).open(request.invoice_id, event.data["contacts"])
    desk.pay(request)
    permit = issue.issue_permit(desk.work, request.request_id)
    insulation = desk.insulated(permit)

    assert payer_told.mobile == "+966500000033"
    for key in (request.request_id, permit.permit_id, insulation.certificate_id):
        assert {tuple(mobiles) for *_, mobiles in told(desk, key)} == {("+966500000011",)}
    known = Known(by="mobile", value="+966500000011")
    block = desk.published(permit.permit_id)[0].data["inquiry"]
    keys = inquiries_of(desk.session).match_keys("building_permit", permit.permit_number, known)
    assert {"by": "mobile", "key": keys[0]} in block["match"]
    assert "500000011" not in str(desk.published(permit.permit_id)[0].data)


def test_a_payer_without_a_mobile_leaves_the_bill_to_the_nazir(desk: Desk) -> None:
    request = desk.approved(owners=[WAQF], representative=NAZIR)
    payer = {"name": NAZIR["name"], "id_type": "national_id", "id_number": "1000000008"}
    bill.request_payment(desk.work, request.request_id, bill.PaymentRequest(payer=payer))

    [event] = desk.published(request.invoice_id)

    [reached] = contacts_of(desk.session).open(request.invoice_id, event.data["contacts"])
    assert reached.mobile == "+966500000011"


def test_owners_with_a_mobile_are_told_and_their_representative_is_not(desk: Desk) -> None:
    agent = {**NAZIR, "capacity": "guardian"}

    permit = desk.issued(representative=agent)

    assert told(desk, permit.permit_id)[0][2] == ["+966501234567"]


def test_only_a_waqf_has_a_nazir_and_a_faulty_mobile_is_named(desk: Desk) -> None:
    with pytest.raises(InvalidFields) as caught:
        desk.submit(representative={**NAZIR, "mobile": "0138552222"})

    assert {(one.field, one.code) for one in caught.value.faults} == {
        ("representative.capacity", "nazir-without-waqf"),
        ("representative.mobile", "mobile"),
    }


def test_an_unreadable_mobile_of_the_payer_is_named(desk: Desk) -> None:
    request = desk.approved(owners=[WAQF])
    payer = {"name": "ناظر", "id_type": "national_id", "id_number": "1000000009", "mobile": "123"}

    with pytest.raises(InvalidFields) as caught:
        bill.request_payment(desk.work, request.request_id, bill.PaymentRequest(payer=payer))

    assert {one.field for one in caught.value.faults} == {"payer.id_number", "payer.mobile"}
