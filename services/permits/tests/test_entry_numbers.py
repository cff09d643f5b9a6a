"""The company's numbers of its certificates: each of one certificate, also when two are entered at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chassis.data.db import Database
from permits.commands import insulation

from .entering import STAGES, Company, codes
from .waiting import one_waits_for_the_other, preparing

Desk = Any


@pytest.fixture
def company(desk: Desk) -> Company:
    return Company(desk)


def test_a_certificate_in_force_takes_no_second_number_and_a_number_serves_one_building(
    desk: Desk, company: Company
) -> None:
    one, other = desk.issued(), desk.issued()
    company.insulated(one, "SEC/5")

    assert codes(company.take(company.number(one, "SEC/6"))) == ["certificate-in-force"]
    assert codes(company.take(company.number(other, "SEC/5"))) == ["certificate-number-used"]


def test_of_two_numbers_the_one_that_was_entered_later_stays(desk: Desk, company: Company) -> None:
    permit = desk.issued()
    earlier = company.number(permit, "SEC/1")
    later = company.number(permit, "SEC/2", at=desk.now + timedelta(minutes=1))

    assert codes(company.take(later)) == ["number-recorded"]
    assert codes(company.take(earlier)) == ["newer-number"]


@pytest.mark.parametrize("number", ["SEC/5", "sec/5"])
def test_a_number_that_waits_on_one_building_is_none_of_another(
    desk: Desk, company: Company, number: str
) -> None:
    one, other = desk.issued(), desk.issued()
    assert codes(company.take(company.number(one, "SEC/5"))) == ["number-recorded"]

    assert codes(company.take(company.number(other, number))) == ["certificate-number-used"]

    for stage in STAGES:
        company.take(company.visit(other, stage))
    assert codes(company.take(company.number(other, "SEC/6"))) == ["certificate-issued"]


def test_a_number_that_another_one_took_the_place_of_is_free_again(
    desk: Desk, company: Company
) -> None:
    one, other = desk.issued(), desk.issued()
    company.take(company.number(one, "SEC/5"))
    company.take(company.number(one, "SEC/6", at=desk.now + timedelta(minutes=1)))

    assert codes(company.take(company.number(other, "SEC/5"))) == ["number-recorded"]


def test_a_number_of_a_rejected_follow_up_is_free_again(desk: Desk, company: Company) -> None:
    one, other = desk.issued(), desk.issued()
    answer = company.take(company.number(one, "SEC/5"))
    insulation.reject_insulation(desk.work, answer["certificate_id"], reason="سبب")

    assert codes(company.take(company.number(other, "SEC/5"))) == ["number-recorded"]


def test_the_same_number_again_is_the_same_buildings(desk: Desk, company: Company) -> None:
    permit = desk.issued()
    company.take(company.number(permit, "SEC/5"))
    company.take(company.visit(permit, "walls", "fail"))

    later = company.number(permit, "SEC/5", at=desk.now + timedelta(minutes=1))

    assert codes(company.take(later)) == ["number-recorded"]


def test_two_companies_count_for_themselves(desk: Desk, company: Company) -> None:
    one, other = desk.issued(), desk.issued()
    company.take(company.number(one, "77"))

    assert codes(company.take(company.number(other, "77", partner="other"))) == ["number-recorded"]


def test_a_number_from_before_it_was_said_whose_it_is_stays_used(
    desk: Desk, company: Company
) -> None:
    one, other = desk.issued(), desk.issued()
    company.insulated(one, "SEC/5").partner = None

    assert codes(company.take(company.number(other, "SEC/5"))) == ["certificate-number-used"]


@pytest.mark.parametrize("number", ["1000000008", "SEC-1000000008", "0501234567", "966501234567"])
def test_a_number_of_a_person_is_no_certificates_number(
    desk: Desk, company: Company, number: str
) -> None:
    permit = desk.issued()

    assert codes(company.take(company.number(permit, number))) == ["personal-number"]


def test_of_two_buildings_that_are_numbered_at_once_one_gets_the_number(
    real_database: Database, desk_class: type, house: Callable[..., dict[str, Any]]
) -> None:
    def desk_of(session: Session) -> Any:
        return desk_class(session, house)

    with preparing(real_database) as session:
        desk = desk_of(session)
        permits = [desk.issued() for _ in range(2)]
        given, asked = (Company(desk).number(permit, "RACE/5") for permit in permits)
        given["entry_id"], asked["entry_id"] = (permit.permit_id for permit in permits)

    def ask() -> list[str]:
        with real_database.transaction() as session:
            return codes(Company(desk_of(session)).take(asked))

    with one_waits_for_the_other(real_database, ask) as (session, futures):
        first = codes(Company(desk_of(session)).take(given))

    assert (first, futures[0].result()) == (["number-recorded"], ["certificate-number-used"])
