"""The municipality's staff: they see their own branch's requests, enter education, and few read a result."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis.data.aggregates import JournalEntry
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands import decide
from health_certs.commands.recording import SYSTEM

BASE = "/v1/health-certificate-requests"
READ, EDUCATE, RESULTS = "health-certs.read", "health-education.write", "health-results.read"
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PASS = {"course": "food-handlers", "language": "ur", "passed_on": "1448/06/01"}


@pytest.fixture
def officer(token: Any) -> Any:
    """`officer(scopes, municipality)` → a header."""

    def header(scopes: str = READ, municipality: str = "saihat") -> Any:
        return token(scopes, municipality=municipality)

    return header


def test_an_officer_sees_the_requests_of_the_branch(
    client: Any, officer: Any, make_request: Any
) -> None:
    row = make_request()

    found = client.get(BASE, headers=officer()).json()["items"]

    assert [one["request_no"] for one in found] == [row.request_no]
    assert client.get(f"{BASE}?status=issued", headers=officer()).json()["items"] == []
    assert client.get(BASE, headers=officer(municipality="qatif")).json()["items"] == found
    assert client.get(BASE, headers=officer(municipality="tarout")).json()["items"] == []
    there = client.get(f"{BASE}/{row.request_id}", headers=officer(municipality="tarout"))
    assert there.status_code == 404


@pytest.mark.parametrize("write", [str, lambda number: number.translate(ARABIC)])
def test_a_request_is_found_by_its_number_in_either_digits_within_the_branch(
    client: Any, officer: Any, make_request: Any, write: Any
) -> None:
    row = make_request()
    asked = f"{BASE}?number={write(row.request_no)}"

    found = client.get(asked, headers=officer()).json()["items"]

    assert [one["request_id"] for one in found] == [row.request_id]
    assert client.get(asked, headers=officer(municipality="tarout")).json()["items"] == []
    assert (
        client.get(f"{BASE}?number={int(row.request_no) + 1}", headers=officer()).json()["items"]
        == []
    )


def test_a_pass_is_entered_by_who_may(client: Any, officer: Any, make_request: Any) -> None:
    row = make_request(profession="cook")
    place = f"{BASE}/{row.request_id}/education"

    assert client.post(place, json=PASS, headers=officer(READ)).status_code == 403
    foreign = client.post(place, json=PASS, headers=officer(EDUCATE, "tarout"))
    assert foreign.status_code == 404
    done = client.post(place, json=PASS, headers=officer(EDUCATE))

    assert (done.status_code, done.json()["status"]) == (200, "awaiting_payment")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"course": "swimming"}, "course"),
        ({"passed_on": "2076-11-26"}, "passed_on"),
        ({"passed_on": "2020-11-24"}, "passed_on"),
        ({"passed_on": "9999-12-31"}, "passed_on"),
    ],
)
def test_a_pass_that_is_none_is_refused(
    client: Any, officer: Any, make_request: Any, change: Any, field: str
) -> None:
    place = f"{BASE}/{make_request(profession='cook').request_id}/education"

    answer = client.post(place, json={**PASS, **change}, headers=officer(EDUCATE))

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("result", ["fit", "unfit"])
def test_a_result_is_read_with_its_own_scope_alone(
    client: Any, officer: Any, make_request: Any, enters: Any, result: str
) -> None:
    row = make_request()
    enters(row, result)
    place = f"{BASE}/{row.request_id}/examination"

    assert client.get(place, headers=officer(RESULTS)).json()["result"] == result
    assert client.get(place, headers=officer(f"{READ} {EDUCATE}")).status_code == 403
    assert client.get(place, headers=officer(RESULTS, "tarout")).status_code == 404


def test_each_reading_of_a_result_is_kept_with_its_reader(
    client: Any, officer: Any, make_request: Any, session: Any
) -> None:
    row = make_request()
    place = f"{BASE}/{row.request_id}/examination"

    client.get(place, headers=officer(RESULTS))
    client.get(place, headers=officer(READ))

    statement = select(JournalEntry).where(JournalEntry.action == "read-result")
    (kept,) = session.scalars(statement.where(JournalEntry.aggregate_id == row.request_id))
    assert (kept.subject, kept.version) == ("p_test", row.version)


def test_an_officer_without_the_right_sees_one_and_the_same(
    client: Any, officer: Any, make_request: Any, enters: Any, pays: Any, session: Any
) -> None:

    shown = []
    for number in ("2000000006", "2000000014"):
        row = make_request(worker={"id_number": number})
        pays(row)
        if number == "2000000006":
            enters(row, "unfit")
        seen = []
        for at in (row.submitted_at, row.examined_until):
            if at == row.examined_until:
                decide.end_unexamined(UnitOfWork(session, SYSTEM, at), row)
            place = f"{BASE}/{row.request_id}"
            view = client.get(place, headers=officer()).json()
            own = {"request_id", "request_no", "worker"}
            seen.append({name: value for name, value in view.items() if name not in own})
            found = client.get(f"{place}/conditions", headers=officer()).json()["items"]
            seen.append([(one["code"], one["satisfied"]) for one in found])
        shown.append(seen)

    assert shown[0] == shown[1]
    assert shown[0][0]["status"] == "awaiting_examination"
    assert shown[0][2]["status"] == "not_issued"
    assert timedelta(days=30) == row.examined_until - row.submitted_at
