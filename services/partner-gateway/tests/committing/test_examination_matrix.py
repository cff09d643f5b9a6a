"""Every operation of medical centres × every role × every scope × whose request it is: no wrong cell.

What a cell has to be is computed from the rule: the scope opens the operation; who calls is an employee or a system of
a medical centre; a centre finds, enters and sees its own, and another one's looks like none, to the byte.
"""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from examining import EXAMINATIONS, READ, SEARCHES, WORKER, WRITE, body, request_event, result_of
from sqlalchemy import delete, text

from chassis.core import contracts
from chassis.core.ids import new_id
from partner_gateway.commands import examinations as commands
from partner_gateway.models import Examinee, HealthExamination

FORGED = "a citizen with a centre's name"  # identity issues no such token
# role → the organisation, its kind, the client's kind
ROLES = {
    "the centre's desk": ("qatif-centre", "medical_centre", "staff"),
    "its colleague": ("qatif-centre", "medical_centre", "staff"),
    "its system": ("qatif-centre", "medical_centre", "machine"),
    "another centre": ("saihat-centre", "medical_centre", "staff"),
    "another centre's system": ("saihat-centre", "medical_centre", "machine"),
    "a centre of before": ("closed-centre", "medical_centre", "staff"),
    "an unlisted centre": ("new-centre", "medical_centre", "staff"),
    "the company": ("sec", "partner", "staff"),
    "the company's system": ("sec", "partner", "machine"),
    "an officer": ("qatif", "municipality", "staff"),
    "a municipality": ("safwa", "affiliated_municipality", "staff"),
    "a municipality's system": ("safwa", "affiliated_municipality", "machine"),
    "a citizen": (None, None, "citizen"),
    FORGED: ("qatif-centre", "medical_centre", "citizen"),
}
NUMBERS = {
    "qatif-centre": "1448049000101",
    "saihat-centre": "1448049000102",
    "closed-centre": "1448049000103",
}
MISSING = "1448049000199"
ACCREDITED = ("qatif-centre", "saihat-centre")
HELD = [(), (READ,), (WRITE,), (READ, WRITE), ("building-permits.read", "licences.read")]


@pytest.fixture
def real_settings(real_settings):
    """Hundreds of requests in a minute, refused ones too."""
    limits = ("person", "client", "partner", "civil_id")
    return replace(real_settings, **{f"{who}_per_minute": 10_000_000 for who in limits})


@pytest.fixture
def headers_of(token):
    def headers_of(role, held):
        organisation, kind, client_kind = ROLES[role]
        claims = {
            "organisation": organisation, "organisation_kind": kind, "municipality": None,
            "client_kind": client_kind, "sub": f"p_{len(role)}", "client_id": f"{organisation}-desk",
        }  # fmt: skip
        return {**token(*held, **claims), "Idempotency-Key": new_id()}

    return headers_of


@pytest.fixture
def requests(real_database, real_settings):
    """A request for each centre; all gone afterwards."""
    with real_database.transaction() as session:
        for centre, number in NUMBERS.items():
            event = request_event(new_id(), number=number, centre=centre)
            commands.keep_examinees(session, [commands.examinee_row(event, real_settings)])
    yield NUMBERS
    with real_database.transaction() as session:
        session.execute(delete(Examinee))
        session.execute(delete(HealthExamination))
        session.execute(text("DELETE FROM quota_used"))


@pytest.fixture
def entered(real_database):
    """`entered()` → takes back what was entered, and answers how many entries there were."""

    def entered():
        with real_database.transaction() as session:
            return session.execute(delete(HealthExamination)).rowcount

    return entered


def may(role, scope, held):
    _, kind, client_kind = ROLES[role]
    return scope in held and kind == "medical_centre" and client_kind in ("staff", "machine")


def call(client, operation, number, headers):
    if operation == "find":
        return client.post(SEARCHES, json={"number": number, "id_number": WORKER}, headers=headers)
    if operation == "enter":
        return client.put(result_of(number), json=body(), headers=headers)
    return client.get(result_of(number), headers=headers)


SCOPE = {"find": READ, "enter": WRITE, "get": READ}


def due(operation, role, held, owner):
    """The status that a cell has to have; `owner` is the centre that the worker chose, None for no request."""
    own = ROLES[role][0] == owner
    if role == FORGED:
        return 401
    if not may(role, SCOPE[operation], held):
        return 403
    if not own or (operation == "find" and owner not in ACCREDITED):
        return 404
    return {"find": 200, "enter": 202, "get": 404}[operation]  # nothing was entered yet


def test_a_centre_finds_and_enters_its_own_and_nobody_else_anything(
    real_client, headers_of, requests, entered
):
    wrong, cells, absent = [], 0, set()
    owners = {**requests, None: MISSING}
    for operation, role, held, owner in product(SCOPE, ROLES, HELD, owners):
        answer = call(real_client, operation, owners[owner], headers_of(role, held))
        cells += 1
        if answer.status_code != due(operation, role, held, owner):
            wrong.append((operation, role, held, owner, answer.status_code))
        if answer.status_code == 404:
            absent.add(answer.content)
        if entered() != (answer.status_code == 202):
            wrong.append((operation, role, held, owner, "entered"))

    assert wrong == []
    assert cells == len(SCOPE) * len(ROLES) * len(HELD) * 4
    assert len(absent) == 1


def test_nobody_without_a_token_gets_anything(real_client, requests):
    for operation, number in product(SCOPE, requests.values()):
        assert call(real_client, operation, number, {"Idempotency-Key": "k"}).status_code == 401
    assert real_client.get(EXAMINATIONS).status_code == 401


def test_a_centre_sees_its_own_entries_of_today(real_client, headers_of, requests):
    for role in ("the centre's desk", "another centre"):
        number = NUMBERS[ROLES[role][0]]
        answer = call(real_client, "enter", number, headers_of(role, (WRITE,)))
        assert answer.status_code == 202

    wrong = []
    for role, held in product(ROLES, HELD):
        page = real_client.get(EXAMINATIONS, headers=headers_of(role, held))
        seen = page.status_code
        if may(role, READ, held):
            own = [NUMBERS[ROLES[role][0]]] if ROLES[role][0] in ACCREDITED else []
            seen = [one["number"] for one in page.json()["items"]]
            wrong += [(role, held, seen)] if seen != own else []
        elif seen != (401 if role == FORGED else 403):
            wrong.append((role, held, seen))
    assert wrong == []


def test_every_request_of_a_centre_has_its_row_in_the_record(
    real_client, headers_of, requests, real_database, real_settings
):
    began = datetime.now(UTC)
    number, desk = NUMBERS["qatif-centre"], "the centre's desk"
    call(real_client, "find", number, headers_of(desk, (READ,)))
    call(real_client, "find", MISSING, headers_of(desk, (READ,)))
    call(real_client, "enter", number, headers_of(desk, (READ,)))
    call(real_client, "enter", number, headers_of(desk, (WRITE,)))
    call(real_client, "enter", number, headers_of(desk, (WRITE,)))
    call(real_client, "get", number, headers_of("another centre", (READ,)))
    call(real_client, "get", number, headers_of("the company", (READ,)))
    real_client.get(EXAMINATIONS, headers=headers_of(desk, (READ,)))

    with real_database.transaction() as session:
        rows = session.execute(
            text(
                "SELECT operation, decision, reason, result_count, civil_id_key IS NOT NULL,"
                " cardinality(query_kinds) FROM access_log WHERE at >= :began ORDER BY at"
            ),
            {"began": began},
        ).all()
    assert [tuple(row) for row in rows] == [
        ("find_examinee", "allowed", None, 1, True, 1),
        ("find_examinee", "denied", "not-found", 0, True, 1),
        ("enter_examination", "denied", "scope-missing", 0, False, 0),
        ("enter_examination", "allowed", None, 1, False, 1),
        ("enter_examination", "denied", "pending", 0, False, 1),
        ("get_examination", "denied", "not-found", 0, False, 1),
        ("get_examination", "denied", "medical-centre-only", 0, False, 1),
        ("find_examinations", "allowed", None, 1, False, 1),
    ]


def test_the_matrix_names_every_operation_of_centres():
    paths = contracts.openapi("partner-gateway")["paths"]
    tagged = {
        item[method]["operationId"]
        for item in paths.values()
        for method in contracts.METHODS
        if method in item and item[method]["tags"] == ["examinations"]
    }

    assert tagged == {"find_examinee", "find_examinations", "enter_examination", "get_examination"}
