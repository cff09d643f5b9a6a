"""What the company enters about permits that followed others, wait, or ended, taken by the consumer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from permits.commands import change_permit
from permits.models import Certificate

from .entering import STAGES, Company, codes

Desk = Any


@pytest.fixture
def company(desk: Desk, loops: Any) -> Company:
    return Company(desk, loops)


def test_an_inspection_may_be_of_the_day_of_the_first_permit_after_a_renewal(
    desk: Desk, company: Company
) -> None:
    first = desk.issued()
    day = desk.now.date().isoformat()
    desk.now += timedelta(days=700)
    renewed = desk.issued(kind="renewal", previous_permit_id=first.permit_id)

    answer = company.take(company.visit(renewed, "walls", inspected_on=day))

    assert codes(answer) == ["recorded"]


def test_an_entry_about_a_renewed_permit_is_about_the_one_that_followed(
    desk: Desk, company: Company
) -> None:
    first = desk.issued()
    company.take(company.visit(first, "walls"))
    second = desk.issued(kind="renewal", previous_permit_id=first.permit_id)
    third = desk.issued(kind="ownership_transfer", previous_permit_id=second.permit_id)

    for stage in ("roof", "windows"):
        company.take(company.visit(first, stage))
    answer = company.take(company.number(first))

    assert codes(answer) == ["certificate-issued"]
    assert answer["permit_id"] == third.permit_id
    assert desk.complete(third).status == "issued"


def test_a_certificate_waits_for_a_suspended_permit_and_is_issued_when_it_comes_back(
    desk: Desk, company: Company
) -> None:
    permit = desk.issued()
    change_permit.suspend(
        desk.work,
        permit.permit_id,
        reason="ملاحظات",
        body="الدفاع المدني",
    )
    for stage in STAGES:
        company.take(company.visit(permit, stage))
    answer = company.take(company.number(permit))
    certificate = desk.session.get_one(Certificate, answer["certificate_id"])
    waiting = certificate.status

    change_permit.reinstate(desk.work, permit.permit_id, reason="عولجت")

    assert (codes(answer), waiting) == (["number-recorded"], "pending")
    assert certificate.status == "issued"


def test_a_cancelled_permit_takes_nothing_for_insulation_and_all_against_it(
    desk: Desk, company: Company
) -> None:
    permit = desk.issued()
    certificate = company.insulated(permit)
    change_permit.cancel_permit(desk.work, permit.permit_id, reason="خارج المخطط")

    assert codes(company.take(company.visit(permit, "walls"))) == ["permit-cancelled"]
    failed = company.take(company.visit(permit, "walls", "fail"))
    assert codes(failed) == ["recorded", "certificate-revoked"]
    assert certificate.status == "revoked"


def test_works_without_insulation_take_no_inspection(desk: Desk, company: Company) -> None:
    fence = {"component": "سور", "units": 0, "area_m2": 0}
    building = {
        "components": [fence], "built_area_m2": 0, "floors": 0, "units": 0, "fence_length_m": 90,
    }  # fmt: skip
    permit = desk.issued(kind="fence", building=building)

    assert codes(company.take(company.visit(permit, "walls"))) == ["works-without-insulation"]


def test_a_permit_that_gave_way_to_larger_works_is_not_inspected_any_more(
    desk: Desk, company: Company, house: Callable[..., dict[str, Any]]
) -> None:
    before = desk.issued()
    building = {**house()["building"], "floors": 2}
    desk.issued(kind="addition", previous_permit_id=before.permit_id, building=building)

    assert codes(company.take(company.visit(before, "walls"))) == ["permit-replaced"]


def test_a_failure_entered_about_the_first_permit_is_found_after_a_correction_of_the_land(
    desk: Desk, company: Company
) -> None:
    first = desk.issued()
    certificate = company.insulated(first)
    desk.now += timedelta(days=30)
    second = desk.issued(kind="renewal", previous_permit_id=first.permit_id)
    wanted = {"land": {"plots": ["217"]}}
    change_permit.amend(
        desk.work,
        second.permit_id,
        reason="خطأ كتابي",
        wanted=wanted,
    )

    answer = company.take(company.visit(first, "roof", "fail"))

    assert codes(answer) == ["recorded", "certificate-revoked"]
    assert (answer["permit_id"], certificate.status) == (second.permit_id, "revoked")


def test_insulation_of_one_plot_is_none_of_works_on_another(desk: Desk, company: Company) -> None:
    first = desk.issued()
    certificate = company.insulated(first)

    second = desk.issued(kind="addition", previous_permit_id=first.permit_id, land__plots=["999"])

    assert certificate.permit_id == first.permit_id
    assert codes(company.take(company.visit(first, "walls"))) == ["permit-replaced"]
    assert codes(company.take(company.visit(second, "walls"))) == ["recorded"]
