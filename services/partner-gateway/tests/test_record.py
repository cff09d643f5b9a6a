"""The record of who looked: a row for every query, a chain over the rows."""

import pytest
from sqlalchemy import text

from partner_gateway import audit
from partner_gateway.domain import blind_key

PATH = "/v1/building-permits"


def rows(session):
    return session.execute(text("SELECT * FROM access_log ORDER BY id")).all()


def test_an_answered_query_leaves_who_what_and_which_permits(
    client, employee, grant, project, session
):
    grant()
    permit = project(plan_number="128")
    client.get(
        f"{PATH}?plan_number=128",
        headers=employee(sub="p_9", client_id="sec-portal", sid="s", jti="j"),
    )

    (row,) = rows(session)
    assert (row.organisation, row.subject, row.client_id, row.sid, row.jti) == (
        "sec",
        "p_9",
        "sec-portal",
        "s",
        "j",
    )
    assert (row.operation, row.query_kinds, row.filters) == (
        "find_building_permits",
        ["plan-number"],
        {"plan_key": "128"},
    )
    assert (row.decision, row.reason, row.result_count) == ("allowed", None, 1)
    assert row.permit_ids == [permit["permit_id"]] or [str(i) for i in row.permit_ids] == [
        permit["permit_id"]
    ]


def test_a_search_by_person_keeps_the_purpose_the_case_and_a_keyed_hash_only(
    client, employee, grant, session, settings
):
    grant()
    body = {"civil_id": "1012345672", "purpose": "meter-connection", "case_reference": "C-1"}
    client.post("/v1/building-permit-searches", json=body, headers=employee())

    (row,) = rows(session)
    assert row.civil_id_key == blind_key(settings.blind_index_secret, 1, "1012345672")
    assert (row.purpose, row.case_reference) == ("meter-connection", "C-1")
    assert "1012345672" not in str(row)


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"status": "withdrawn"}, 403, "no-grant"),
        ({"query_kinds": ["civil-id"]}, 403, "query-kind-not-granted"),
        ({"rows_per_day": 1}, 429, "rows-exhausted"),
    ],
)
def test_a_query_outside_the_grant_is_refused_and_recorded(
    client, employee, grant, project, session, change, status, reason
):
    grant(**change)
    for _ in range(2):
        project(plan_number="1")
    headers = employee()
    if status == 429:
        assert len(client.get(f"{PATH}?plan_number=1", headers=headers).json()["items"]) == 1

    response = client.get(f"{PATH}?plan_number=1", headers=headers)

    assert response.status_code == status
    assert response.json()["code"] == reason
    assert (rows(session)[-1].decision, rows(session)[-1].reason) == ("denied", reason)
    assert status != 429 or int(response.headers["retry-after"]) > 0


def test_a_token_without_the_scope_is_refused_and_recorded(client, employee, grant, session):
    grant()
    body = {"civil_id": "1000000008", "purpose": "meter-connection", "case_reference": "C-1"}
    response = client.post(
        "/v1/building-permit-searches", json=body, headers=employee("building-permits.read")
    )

    assert response.status_code == 403
    assert [(row.decision, row.reason) for row in rows(session)] == [("denied", "scope-missing")]


def test_a_query_whose_row_cannot_be_written_is_refused(client, employee, grant, project, session):
    grant()
    project(plan_number="1")
    session.execute(text("ALTER TABLE access_log RENAME TO access_log_away"))
    session.commit()

    response = client.get(f"{PATH}?plan_number=1", headers=employee())

    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert "713" not in response.text


def test_a_partner_sees_no_field_beyond_its_grant(client, employee, grant, project):
    grant(fields=["kind", "plots"])
    project(plan_number="1")

    (item,) = client.get(f"{PATH}?plan_number=1", headers=employee()).json()["items"]

    assert set(item) == {
        "permit_id",
        "version",
        "permit_number",
        "status",
        "issued_on",
        "kind",
        "plots",
    }


def test_a_newer_grant_counts_at_once_and_an_older_one_never(client, employee, grant, project):
    project(plan_number="1")
    first = grant(sequence=1)
    grant(sequence=3, grant_id=first["grant_id"], status="withdrawn")
    grant(sequence=2, grant_id=first["grant_id"], status="active")

    assert client.get(f"{PATH}?plan_number=1", headers=employee()).status_code == 403


@pytest.fixture
def linked(client, employee, grant, session):
    grant()
    for number in range(6):
        client.get(f"{PATH}?plan_number={number}", headers=employee())
    audit.link(session)
    session.commit()
    assert list(audit.verify(session)) == []


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE access_log SET subject = 'p_other' WHERE id = (SELECT min(id) + 2 FROM access_log)",
        "DELETE FROM access_log WHERE id = (SELECT min(id) + 2 FROM access_log)",
        "DELETE FROM access_chain WHERE position = 3",
        "UPDATE access_chain SET log_id = -log_id WHERE position IN (2, 3);"
        "UPDATE access_chain SET log_id = (SELECT min(id) FROM access_log) + 4 - position WHERE position IN (2, 3)",
        "INSERT INTO access_log (at, organisation, client_id, subject, jti, operation, query_kinds, filters, decision,"
        " result_count, permit_ids) SELECT at, organisation, client_id, subject, jti, operation, query_kinds, filters,"
        " decision, result_count, permit_ids FROM access_log LIMIT 1",
    ],
)
def test_a_changed_deleted_swapped_or_smuggled_row_is_found(session, forgery):
    for statement in forgery.split(";"):
        session.execute(text(statement))

    assert list(audit.verify(session))


@pytest.mark.usefixtures("linked")
def test_rows_that_wait_for_their_link_are_no_fault(client, employee, session):
    client.get(f"{PATH}?plan_number=1", headers=employee())

    assert list(audit.verify(session)) == []
    assert audit.link(session) == 1
    assert list(audit.verify(session)) == []
