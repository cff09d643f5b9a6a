"""What is declared of a worker: its normal form, and every fault at once."""

from datetime import date
from typing import Any

import pytest

from chassis.core.refusals import Findings, InvalidFields
from health_certs import catalogue
from health_certs.domain.workers import declare

TODAY = date(2026, 11, 25)
WORKER = {
    "name": {"ar": None, "en": "Sample Worker"},
    "id_type": "iqama",
    "id_number": "2000000006",
    "nationality": "IND",
    "birth_date": date(1994, 3, 2),
    "sex": "male",
    "mobile": "0500000001",
    "language": "en",
}


def settle(
    *, municipality: str = "saihat", permit: date | None = date(2027, 8, 4), **changes: Any
) -> Any:
    rules = catalogue.rulebook().of(municipality, TODAY)
    body = {"worker": {**WORKER, **changes}, "residence_permit_until": permit}
    findings = Findings()
    declared = declare(body, rules, findings, today=TODAY)
    findings.settle()
    return declared


def faults(**changes: Any) -> set[tuple[str, str]]:
    with pytest.raises(InvalidFields) as error:
        settle(**changes)
    return {(fault.field, fault.code) for fault in error.value.faults}


def test_numbers_names_and_days_are_stored_in_one_form() -> None:
    done = settle(
        id_number="٢٠٠٠٠٠٠٠٠٦", mobile="٠٥٠٠٠٠٠٠٠١", name={"ar": " عامل  تجريبي ", "en": None}
    )

    assert done["worker"]["id_number"] == "2000000006"
    assert done["worker"]["mobile"] == "+966500000001"
    assert done["worker"]["name"] == {"ar": "عامل تجريبي", "en": None}
    assert (done["worker"]["birth_date"], done["residence_permit_until"]) == (
        "1994-03-02",
        "2027-08-04",
    )


@pytest.mark.parametrize(
    ("born", "code"),
    [
        (date(2008, 11, 26), "too-young"),
        (date(2026, 11, 26), "not-a-birth-date"),
        (date(1900, 1, 1), "not-a-birth-date"),
    ],
)
def test_who_is_too_young_or_not_born_has_no_certificate(born: date, code: str) -> None:
    assert faults(birth_date=born) == {("worker.birth_date", code)}


def test_who_becomes_18_today_may_have_one() -> None:
    assert settle(birth_date=date(2008, 11, 25))


def test_every_fault_is_named_at_once() -> None:
    found = faults(
        id_number="2000000007",
        mobile="0138552222",
        name={"ar": None, "en": None},
        nationality="SAU",
    )

    assert {field for field, _ in found} == {
        *("worker.id_number", "worker.mobile", "worker.name", "worker.nationality"),
    }


def test_a_name_in_the_other_names_letters_is_a_fault() -> None:
    assert faults(name={"ar": "Sample Worker", "en": "عامل تجريبي"}) == {
        ("worker.name.ar", "name-not-arabic"),
        ("worker.name.en", "name-not-latin"),
    }


def test_what_is_missing_and_what_is_wrong_are_named_at_once() -> None:
    found = faults(id_number=None, mobile="05", birth_date="1448/13/01", sex=None, id_type=None)

    assert {field for field, _ in found} == {
        *("worker.id_type", "worker.id_number", "worker.mobile", "worker.birth_date", "worker.sex"),
    }
    assert ("worker.id_number", "required") in found


def test_a_day_is_declared_in_either_calendar() -> None:
    assert settle(birth_date="1414/09/20")["worker"]["birth_date"] == "1994-03-02"


def test_a_border_number_is_an_identity_too() -> None:
    done = settle(id_type="border_number", id_number="3000000001", permit=None)

    assert done["worker"]["id_number"] == "3000000001"


def test_the_residence_permit_is_asked_for_where_the_municipality_checks_it() -> None:
    assert faults(permit=None) == {("residence_permit_until", "required")}
    assert settle(municipality="jaroudiyah", permit=None)
    assert faults(permit=date(2026, 11, 24)) == {("residence_permit_until", "past-date")}


@pytest.mark.parametrize(
    ("sign", "of_the_latin_name"),
    [("\ufdfa", "name-not-latin"), ("\U0001d160", "too-long")],
)
def test_a_name_is_no_longer_in_its_normal_form_than_the_contract_has_it(
    sign: str, of_the_latin_name: str
) -> None:
    found = faults(name={"ar": "بي" + sign * 148, "en": "ab" + sign * 148})

    assert found == {("worker.name.ar", "too-long"), ("worker.name.en", of_the_latin_name)}
