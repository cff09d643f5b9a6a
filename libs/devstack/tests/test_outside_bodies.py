"""The stand-in for the outside bodies answers over real HTTP as licences asks it."""

from collections.abc import Iterator

import httpx
import pytest

from devstack.outside_bodies.registers import DEFAULTS, with_check_digit
from devstack.outside_bodies.serving import OutsideBodies


@pytest.fixture
def bodies() -> Iterator[OutsideBodies]:
    with OutsideBodies() as serving:
        yield serving


def ask(bodies: OutsideBodies, body: str, **question: str) -> httpx.Response:
    return httpx.post(f"{bodies.url}/{body}", json=question)


def test_the_owner_of_an_establishment_has_its_digits(bodies: OutsideBodies) -> None:
    answer = ask(bodies, "commercial-register", unified_number="7000000005").json()

    assert answer["owners"] == ["1000000008", "2000000006"]
    assert answer["status"] == "active"


def test_what_is_not_there_yet_is_there_once_it_was_told(bodies: OutsideBodies) -> None:
    before = ask(bodies, "lease-register", ejar_no="10423344558").json()
    values = {"starts_on": "2026-01-01", "ends_on": "2027-12-31"}
    told = {"body": "lease-register", "number": "10423344558", "values": values}
    httpx.post(f"{bodies.url}/records", json=told)
    after = ask(bodies, "lease-register", ejar_no="10423344558").json()

    assert before == {"found": False}
    assert after == {"found": True, "ejar_no": "10423344558", **values}


def test_a_body_fails_on_demand_until_it_is_mended(bodies: OutsideBodies) -> None:
    httpx.post(f"{bodies.url}/faults", json={"civil-defence": {"status": 503}})
    failed = ask(bodies, "civil-defence", number="34-1").status_code
    httpx.post(f"{bodies.url}/faults", json={"civil-defence": None})

    assert (failed, ask(bodies, "civil-defence", number="34-1").status_code) == (503, 200)


@pytest.mark.parametrize("body", sorted(DEFAULTS))
def test_each_body_echoes_the_number_that_it_was_asked_about(
    bodies: OutsideBodies, body: str
) -> None:
    answer = ask(bodies, body, number="1000000016").json()

    assert (answer["found"], answer["number"]) == (True, "1000000016")


def test_an_unknown_body_is_refused(bodies: OutsideBodies) -> None:
    assert ask(bodies, "nobody", number="1").status_code == 400


def test_a_check_digit_is_that_of_the_sample_numbers() -> None:
    assert with_check_digit("100000000") == "1000000008"
    assert with_check_digit("200000000") == "2000000006"
