"""Events of permits say whom they speak to and what somebody finds them by, sealed and hashed."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from chassis.data.sealing import CannotUnseal, Keyring
from chassis.events.contacts import Contact, Contacts
from chassis.events.inquiry import Inquiries, Known
from permits.commands import change_permit
from permits.settings import Settings

MOBILE = Known(by="mobile", value="+966501234567")
OWNER = Contact(role="owner", mobile=MOBILE.value, confirmed=True)


@pytest.fixture
def contacts(settings: Settings) -> Contacts:
    return Contacts(Keyring.parse(settings.contact_key))


@pytest.fixture
def inquiries(settings: Settings) -> Inquiries:
    rings = (Keyring.parse(key) for key in (settings.inquiry_key, settings.subject_key))
    return Inquiries(*rings)


def keys(block: dict[str, Any]) -> dict[str, str]:
    return {one["by"]: one["key"] for one in block["match"]}


def test_an_event_of_a_permit_speaks_to_its_owner(desk: Any, contacts: Contacts) -> None:
    permit = desk.issued()
    (event,) = desk.published(permit.permit_id)

    assert contacts.open(permit.permit_id, event.data["contacts"]) == [OWNER]
    with pytest.raises(CannotUnseal):
        contacts.open("another", event.data["contacts"])


def test_owners_without_a_mobile_are_not_spoken_to_and_one_mobile_only_once(
    desk: Any, house: Any, contacts: Contacts
) -> None:
    (owner,) = house()["owners"]
    second = {**owner, "id_number": "1000000016", "share": "1/2"}
    silent = {**owner, "id_number": "1000000024", "share": "1/4"}
    del silent["mobile"]
    owners = [{**owner, "share": "1/4"}, second, silent]

    told = desk.published(desk.issued(owners=owners).permit_id)[0].data
    untold = desk.published(desk.issued(owners=[silent | {"share": None}]).permit_id)[0].data

    assert contacts.open(told["permit_id"], told["contacts"]) == [OWNER]
    assert len(told["inquiry"]["subjects"]) == 3
    assert untold["contacts"] == []
    assert set(keys(untold["inquiry"])) == {"person_id"}


def test_a_permit_is_found_by_its_number_and_its_owners_mobile_or_id(
    desk: Any, inquiries: Inquiries
) -> None:
    permit = desk.issued()
    block = desk.published(permit.permit_id)[0].data["inquiry"]
    person = Known(by="person_id", value="1000000008")

    for known in (MOBILE, person):
        found = inquiries.match_keys("building_permit", permit.permit_number, known)
        assert keys(block)[known.by] == found[0]
    assert block["subjects"] == inquiries.subject_keys("1000000008")
    assert (block["number"], block["status"]) == (permit.permit_number, "valid")
    assert (block["opened_on"], block["next_step"]) == ("2026-11-24", "none")
    assert block["expires_on"] == permit.expires_on.isoformat()


def test_a_company_is_found_by_its_unified_number_and_has_no_things_as_a_person(
    desk: Any, house: Any, inquiries: Inquiries
) -> None:
    (owner,) = house()["owners"]
    company = {
        **owner,
        "owner_type": "company",
        "id_type": "unified_number",
        "id_number": "7000000004",
    }

    permit = desk.issued(owners=[company])
    block = desk.published(permit.permit_id)[0].data["inquiry"]

    known = Known(by="establishment", value="7000000004")
    assert (
        keys(block)["establishment"]
        == (inquiries.match_keys("building_permit", permit.permit_number, known)[0])
    )
    assert block["subjects"] == []


def test_a_suspended_permit_waits_for_its_owner(desk: Any, session: Session) -> None:
    permit = desk.issued()

    change_permit.suspend(
        desk.work,
        permit.permit_id,
        reason="مخالفة",
        body="البلدية",
    )

    block = desk.published(permit.permit_id)[-1].data["inquiry"]
    assert (block["status"], block["next_step"]) == ("suspended", "applicant")


def test_a_demolition_is_asked_for_as_a_kind_of_its_own(desk: Any) -> None:
    permit = desk.issued(kind="demolition")

    block = desk.published(permit.permit_id)[0].data["inquiry"]

    assert block["kind"] == "demolition_restoration_permit"


def test_a_certificate_speaks_to_the_owner_of_its_permit(
    desk: Any, session: Session, contacts: Contacts, inquiries: Inquiries
) -> None:
    permit = desk.issued()
    insulation = desk.insulated(permit)
    opened, *_, issued = desk.published(insulation.certificate_id)

    for event, number in ((opened, permit.permit_number), (issued, insulation.certificate_number)):
        block = event.data["inquiry"]
        found = inquiries.match_keys("insulation_certificate", number, MOBILE)
        assert block["number"] == number
        assert keys(block)["mobile"] == found[0]
        assert contacts.open(insulation.certificate_id, event.data["contacts"]) == [OWNER]
    assert opened.data["inquiry"]["next_step"] == "municipality"
    assert issued.data["inquiry"]["next_step"] == "none"


def test_a_flagged_completion_waits_for_the_municipality(desk: Any, session: Session) -> None:
    permit = desk.issued()
    insulation = desk.insulated(permit)
    certificate = desk.complete(permit, insulation.certificate_id)

    change_permit.cancel_permit(desk.work, permit.permit_id, reason="سبب")

    flagged = desk.published(certificate.certificate_id)[-1]
    assert flagged.happened == "flagged"
    assert flagged.data["inquiry"]["kind"] == "completion_certificate"
    assert flagged.data["inquiry"]["next_step"] == "municipality"
    assert flagged.data["contacts"]


def test_no_event_shows_a_mobile_or_an_identity_number(desk: Any) -> None:
    permit = desk.issued()
    insulation = desk.insulated(permit)

    for aggregate_id in (permit.permit_id, insulation.certificate_id):
        for event in desk.published(aggregate_id):
            shown = str(event.data)
            assert "50123" not in shown
            assert "1000000008" not in shown
