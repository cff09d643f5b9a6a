"""The one table of who reads a result, whole; and who owns what."""

import pytest

from chassis.core.refusals import InvalidFields
from health_certs.domain.access import (
    ESTABLISHMENT,
    MAY_READ_RESULT,
    WORKER,
    Applicant,
    Reader,
    applies_in_name_of,
    officer_reader,
)

SHOP = "7000000005"


def test_the_worker_and_the_results_officer_read_a_result_and_nobody_else() -> None:
    assert set(MAY_READ_RESULT) == set(Reader)
    assert {one for one, may in MAY_READ_RESULT.items() if may} == {
        Reader.WORKER,
        Reader.RESULTS_OFFICER,
    }


@pytest.mark.parametrize(
    ("scopes", "reader"),
    [
        ({"health-certs.read"}, Reader.OFFICER),
        ({"health-certs.read", "health-education.write"}, Reader.OFFICER),
        ({"health-results.read"}, Reader.RESULTS_OFFICER),
    ],
)
def test_an_employee_is_what_the_scopes_say(scopes: set[str], reader: Reader) -> None:
    assert officer_reader(scopes) is reader


def person(number: str, *establishments: str) -> Applicant:
    return Applicant(subject="c", id_number=number, establishments=frozenset(establishments))


@pytest.mark.parametrize(
    ("who", "reader", "changes"),
    [
        (person("2000000006"), Reader.WORKER, True),
        (person("2000000006", SHOP), Reader.WORKER, True),
        (person("1000000016", SHOP), Reader.ESTABLISHMENT, True),
        (person("1000000016"), None, False),
        (person("1000000016", "7000000013"), None, False),
    ],
)
def test_whose_a_request_of_an_establishment_is(
    who: Applicant, reader: Reader | None, changes: bool
) -> None:
    whose = {"worker": "2000000006", "establishment": SHOP}

    assert who.reads(**whose) is reader
    assert who.changes(**whose, applied_by=ESTABLISHMENT) is changes


def test_a_delegate_does_not_change_what_the_worker_asked_for_himself() -> None:
    delegate = person("1000000016", SHOP)

    assert not delegate.changes(worker="2000000006", establishment=SHOP, applied_by=WORKER)


def test_an_emptied_request_is_nobodys() -> None:
    assert person("2000000006").reads(worker=None, establishment=None) is None


def test_one_asks_for_oneself_or_for_an_establishment_that_one_acts_for() -> None:
    body = {"worker": {"id_number": "٢٠٠٠٠٠٠٠٠٦"}}

    assert applies_in_name_of(person("2000000006"), body, SHOP) == WORKER
    assert applies_in_name_of(person("1000000016", SHOP), body, SHOP) == ESTABLISHMENT
    for number in (None, SHOP):
        with pytest.raises(InvalidFields):
            applies_in_name_of(person("1000000016", "7000000013"), body, number)
