"""The gate on a real database: each reason that keeps it shut, and the insulation that opens it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition, InvalidFields, NotFound
from permits.commands import change_permit, insulation
from permits.commands import completion as completions
from permits.domain.certificates import CompletionRefused, InsulationAlreadyOpen, StagesIncomplete

Desk = Any
FENCE = {
    "components": [{"component": "سور", "units": 0, "area_m2": 0}],
    "built_area_m2": 0,
    "floors": 0,
    "units": 0,
    "fence_length_m": 90,
}


def end(desk: Desk, command: Callable[..., Any], certificate: Any) -> None:
    command(
        desk.work,
        certificate.certificate_id,
        reason="سبب مذكور",
    )


def refusal(desk: Desk, permit: Any, named: str | None = None) -> str:
    with pytest.raises(CompletionRefused) as caught:
        desk.complete(permit, named)
    return caught.value.code


def test_a_permit_is_completed_on_its_valid_insulation_certificate(desk: Desk) -> None:
    permit = desk.issued()
    insulation = desk.insulated(permit)

    completion = desk.complete(permit)

    assert completion.insulation_certificate_id == insulation.certificate_id
    assert completion.certificate_number.startswith("1448/")
    [event] = desk.published(completion.certificate_id)
    assert event.data["title"] == {"ar": "شهادة إتمام البناء", "en": "Completion certificate"}
    state = desk.published(permit.permit_id)[-1]
    assert (state.happened, state.data["status"]) == ("completed", "completed")
    assert state.data["completion"] == {
        "certificate_id": completion.certificate_id,
        "certificate_number": completion.certificate_number,
        "issued_on": "2026-11-24",
        "issued_on_hijri": "1448/06/14",
        "flagged": False,
        "flag_reason": None,
        "flagged_on": None,
        "flagged_on_hijri": None,
    }


def test_the_gate_is_shut_without_a_certificate(desk: Desk) -> None:
    assert refusal(desk, desk.issued()) == "insulation-missing"


def test_the_gate_is_shut_while_the_certificate_is_pending(desk: Desk) -> None:
    permit = desk.issued()
    insulation.open_insulation(desk.work, permit.permit_id)

    assert refusal(desk, permit) == "insulation-pending"


def test_the_gate_is_shut_on_a_rejected_certificate(desk: Desk) -> None:
    permit = desk.issued()
    certificate = insulation.open_insulation(desk.work, permit.permit_id)
    end(desk, insulation.reject_insulation, certificate)

    assert refusal(desk, permit) == "insulation-rejected"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (insulation.void_insulation, "insulation-voided"),
        (insulation.revoke_insulation, "insulation-revoked"),
    ],
)
def test_the_gate_is_shut_on_a_withdrawn_certificate(
    desk: Desk, command: Callable[..., Any], code: str
) -> None:
    permit = desk.issued()
    end(desk, command, desk.insulated(permit))

    assert refusal(desk, permit) == code


def test_the_gate_is_shut_after_the_certificates_last_day(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit, valid_until=date(2026, 11, 24))
    desk.now += timedelta(days=1)

    assert refusal(desk, permit) == "insulation-expired"


def test_the_gate_is_shut_on_a_certificate_of_another_permit(desk: Desk) -> None:
    permit, other = desk.issued(), desk.issued()
    desk.insulated(permit)
    foreign = desk.insulated(other)

    assert refusal(desk, permit, foreign.certificate_id) == "insulation-of-another-permit"
    assert refusal(desk, permit, other.permit_id) == "insulation-missing"


def test_a_completion_certificate_is_no_insulation_certificate(desk: Desk) -> None:
    permit, other = desk.issued(), desk.issued()
    desk.insulated(other)
    completion = desk.complete(other)

    assert refusal(desk, permit, completion.certificate_id) == "insulation-missing"


@pytest.mark.parametrize("state", ["suspended", "cancelled", "expired", "renewed", "completed"])
def test_the_gate_is_shut_on_a_permit_that_is_not_valid(desk: Desk, state: str) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    {
        "suspended": lambda: change_permit.suspend(
            desk.work,
            permit.permit_id,
            reason="سبب",
            body="البلدية",
        ),
        "cancelled": lambda: change_permit.cancel_permit(desk.work, permit.permit_id, reason="سبب"),
        "expired": lambda: setattr(permit, "expires_on", date(2026, 11, 23)),
        "renewed": lambda: desk.issued(kind="renewal", previous_permit_id=permit.permit_id),
        "completed": lambda: desk.complete(permit),
    }[state]()

    assert refusal(desk, permit) == "permit-not-valid"


def test_a_fence_is_completed_without_insulation_also_after_renewal(desk: Desk) -> None:
    fence = desk.issued(kind="fence", building=FENCE)
    renewed = desk.issued(kind="renewal", building=FENCE, previous_permit_id=fence.permit_id)

    assert renewed.works == "fence"
    assert desk.complete(renewed).insulation_certificate_id is None


def test_a_fence_permit_that_describes_a_building_is_no_way_round_the_gate(desk: Desk) -> None:
    room = {"component": "غرفة سائق", "units": 1, "area_m2": 20}
    fence = desk.issued(kind="fence", building={**FENCE, "components": [room]})

    assert refusal(desk, fence) == "insulation-missing"


@pytest.mark.parametrize("kind", ["renewal", "ownership_transfer", "addition", "correction"])
def test_insulation_goes_with_the_building_to_the_permit_that_follows(
    desk: Desk, kind: str
) -> None:
    house = desk.issued()
    certificate = desk.insulated(house)

    follows = desk.issued(kind=kind, previous_permit_id=house.permit_id)

    assert certificate.permit_id == follows.permit_id
    carried = desk.published(certificate.certificate_id)[-1]
    assert (carried.happened, carried.data["permit_number"]) == ("carried", follows.permit_number)
    assert desk.complete(follows).insulation_certificate_id == certificate.certificate_id


def test_what_is_added_to_a_house_needs_insulation_of_its_own(desk: Desk, house: Any) -> None:
    before = desk.issued()
    desk.insulated(before)
    building = {**house()["building"], "floors": 2, "built_area_m2": 600}

    larger = desk.issued(kind="addition", previous_permit_id=before.permit_id, building=building)

    assert refusal(desk, larger) == "insulation-missing"
    desk.insulated(larger)
    assert desk.complete(larger).status == "issued"


def test_a_part_that_grows_under_its_name_needs_insulation_of_its_own(
    desk: Desk, house: Any
) -> None:
    before = desk.issued()
    desk.insulated(before)
    ground, *others = house()["building"]["components"]
    building = {**house()["building"], "components": [{**ground, "area_m2": 900}, *others]}

    larger = desk.issued(kind="addition", previous_permit_id=before.permit_id, building=building)

    assert refusal(desk, larger) == "insulation-missing"
    assert larger.since == larger.issued_on


def test_works_on_a_finished_house_begin_with_their_own_permit(desk: Desk) -> None:
    house = desk.issued()
    desk.insulated(house)
    desk.complete(house)
    desk.now += timedelta(days=30)

    added = desk.issued(kind="addition", previous_permit_id=house.permit_id)

    assert added.since == added.issued_on
    assert refusal(desk, added) == "insulation-missing"


@pytest.mark.parametrize("kind", ["restoration", "demolition"])
def test_works_beside_a_permit_take_no_insulation_from_it(desk: Desk, kind: str) -> None:
    house = desk.issued()
    certificate = desk.insulated(house)

    desk.issued(kind=kind, previous_permit_id=house.permit_id)

    assert certificate.permit_id == house.permit_id


def test_carried_insulation_speaks_to_the_new_owner(desk: Desk, house: Any) -> None:
    before = desk.issued()
    certificate = desk.insulated(before)
    (owner,) = house()["owners"]
    buyer = {**owner, "id_number": "1000000016", "mobile": "0500000002"}

    desk.issued(kind="ownership_transfer", previous_permit_id=before.permit_id, owners=[buyer])

    issued, carried = desk.published(certificate.certificate_id)[-2:]
    assert issued.data["inquiry"]["match"] != carried.data["inquiry"]["match"]
    assert issued.data["inquiry"]["subjects"] != carried.data["inquiry"]["subjects"]
    assert len(carried.data["contacts"]) == 1


def test_insulation_takes_three_passed_stages_over_as_many_visits_as_needed(desk: Desk) -> None:
    permit = desk.issued()
    certificate = insulation.open_insulation(desk.work, permit.permit_id)
    for stage, result in (("walls", "fail"), ("walls", "pass"), ("roof", "pass")):
        desk.inspect(certificate, stage, result)

    with pytest.raises(StagesIncomplete):
        insulation.issue_insulation(desk.work, certificate.certificate_id)
    desk.inspect(certificate, "windows")
    insulation.issue_insulation(desk.work, certificate.certificate_id)

    published = desk.published(certificate.certificate_id)
    assert [event.happened for event in published] == ["opened", *["inspected"] * 4, "issued"]
    event = published[-1]
    assert [(s["stage"], s["result"]) for s in event.data["stages"]] == [
        ("walls", "pass"),
        ("roof", "pass"),
        ("windows", "pass"),
    ]
    assert "inspector" not in event.data["stages"][0]
    assert len(certificate.inspections) == 4


def test_a_permit_has_one_insulation_certificate_at_a_time(desk: Desk) -> None:
    permit = desk.issued()
    first = desk.insulated(permit)

    with pytest.raises(InsulationAlreadyOpen):
        insulation.open_insulation(desk.work, permit.permit_id)
    end(desk, insulation.revoke_insulation, first)
    assert desk.insulated(permit).certificate_number != first.certificate_number


def test_a_suspended_permit_opens_and_issues_no_insulation(desk: Desk) -> None:
    permit = desk.issued()
    certificate = insulation.open_insulation(desk.work, permit.permit_id)
    for stage in ("walls", "roof", "windows"):
        desk.inspect(certificate, stage)
    change_permit.suspend(desk.work, permit.permit_id, reason="سبب", body="البلدية")

    with pytest.raises(IllegalTransition):
        insulation.issue_insulation(desk.work, certificate.certificate_id)
    with pytest.raises(IllegalTransition):
        insulation.open_insulation(desk.work, permit.permit_id)


def test_validity_follows_the_setting_unless_a_day_is_given(desk: Desk) -> None:
    permit = desk.issued()
    certificate = insulation.open_insulation(desk.work, permit.permit_id)
    for stage in ("walls", "roof", "windows"):
        desk.inspect(certificate, stage)

    with pytest.raises(InvalidFields):
        insulation.issue_insulation(
            desk.work,
            certificate.certificate_id,
            valid_until=date(2026, 11, 23),
        )
    insulation.issue_insulation(desk.work, certificate.certificate_id, validity_years=1)

    assert certificate.valid_until == date(2027, 11, 24)


def test_a_command_of_one_kind_does_not_see_certificates_of_the_other(desk: Desk) -> None:
    insulation = desk.insulated(desk.issued())

    with pytest.raises(NotFound):
        end(desk, completions.revoke_completion, insulation)


def test_a_final_inspection_lies_not_in_the_future(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)

    with pytest.raises(InvalidFields):
        completions.issue_completion(
            desk.work,
            permit.permit_id,
            inspected_on=date(2026, 11, 25),
            inspector="م. تجربة",
        )


@pytest.mark.parametrize("finished", [False, True])
def test_a_correction_makes_no_building_larger_that_was_inspected(
    desk: Desk, house: Any, finished: bool
) -> None:
    permit = desk.issued()
    first, smaller = ({"building": {"built_area_m2": area, "floors": 1}} for area in (305, 300))
    change_permit.amend(
        desk.work,
        permit.permit_id,
        reason="خطأ كتابي",
        wanted=first,
    )
    desk.insulated(permit)
    if finished:
        desk.complete(permit)

    with pytest.raises(InvalidFields, match="building: other-building"):
        change_permit.amend(
            desk.work,
            permit.permit_id,
            reason="خطأ كتابي",
            wanted={"building": {"built_area_m2": 310.25}},
        )

    change_permit.amend(
        desk.work,
        permit.permit_id,
        reason="خطأ كتابي",
        wanted=smaller,
    )
    assert permit.building["built_area_m2"] == 300
