"""The record of who looked: a row for every query, a chain over the rows."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

PATH = "/v1/building-permits"


def rows(session):
    return session.execute(text("SELECT * FROM access_log ORDER BY at")).all()


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
    assert row.civil_id_key == settings.blind_index.key("1012345672")
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


def test_a_kind_of_query_that_is_not_granted_is_named_in_words(client, employee, grant):
    grant(query_kinds=["civil-id"])

    refused = client.get(f"{PATH}?plan_number=1", headers=employee()).json()

    assert refused["detail"] == (
        "الاتفاقية لا تشمل الاستعلام حسب رقم المخطط؛ راجعوا مسؤول الاتفاقية في جهتكم."
    )


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
        "status_title",
        "issued_on",
        "origin",
        "verified",
        "kind",
        "plots",
    }


def test_a_newer_grant_counts_at_once_and_an_older_one_never(client, employee, grant, project):
    project(plan_number="1")
    first = grant(sequence=1)
    grant(sequence=3, grant_id=first["grant_id"], status="withdrawn")
    grant(sequence=2, grant_id=first["grant_id"], status="active")

    assert client.get(f"{PATH}?plan_number=1", headers=employee()).status_code == 403


def test_the_record_is_only_added_to(client, employee, grant, session):
    grant()
    client.get(f"{PATH}?plan_number=1", headers=employee())

    for change in (
        "UPDATE access_log SET subject = 'x'",
        "DELETE FROM access_link",
        "TRUNCATE access_log",
    ):
        with pytest.raises(ProgrammingError, match="is only added to"), session.begin_nested():
            session.execute(text(change))


def test_the_auditor_reads_the_own_organisations_rows_and_no_others(
    client, employee, grant, session
):
    grant()
    grant(organisation="other")
    client.get(f"{PATH}?plan_number=7", headers=employee(sub="p_1"))
    client.get(f"{PATH}?plan_number=8", headers=employee(sub="p_2", organisation="other"))

    page = client.get("/v1/access-log", headers=employee("access-log.read")).json()

    assert [(row["subject"], row["filters"]) for row in page["items"]] == [
        ("p_1", {"plan_key": "7"})
    ]
    assert "organisation" not in page["items"][0]


def test_walking_the_record_gives_each_row_once_newest_first(client, employee, grant):
    grant()
    for number in range(7):
        client.get(f"{PATH}?plan_number={number}", headers=employee())
    auditor, seen, cursor = employee("access-log.read"), [], ""
    while cursor is not None:
        page = client.get(f"/v1/access-log?limit=3{cursor}", headers=auditor).json()
        seen += [row["filters"]["plan_key"] for row in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"

    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


def test_a_cursor_of_the_record_belongs_to_its_organisation(client, employee, grant):
    grant()
    for number in range(2):
        client.get(f"{PATH}?plan_number={number}", headers=employee())
    first = client.get("/v1/access-log?limit=1", headers=employee("access-log.read")).json()

    other = client.get(
        f"/v1/access-log?limit=1&cursor={first['next_cursor']}",
        headers=employee("access-log.read", organisation="other"),
    )

    assert (other.status_code, other.json()["errors"][0]["field"]) == (400, "cursor")


@pytest.mark.parametrize(
    "times",
    [
        "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z",
        "since=2020-01-01T00:00:00Z",
        "since=2026-13-01T00:00:00Z",
    ],
)
def test_a_span_of_the_record_that_is_empty_or_too_wide_is_refused(client, employee, times):
    answer = client.get(f"/v1/access-log?{times}", headers=employee("access-log.read"))

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "since")


@pytest.mark.parametrize(
    ("times", "status"),
    [
        ("since=0001-01-01T00:00:00Z&until=0001-01-02T00:00:00Z", 200),
        ("since=9999-12-31T00:00:00Z&until=9999-12-31T23:59:59Z", 200),
        ("since=9999-12-31T00:00:00-23:59&until=9999-12-31T23:59:59-23:59", 400),
        ("since=0001-01-01T00:00:00%2B23:59&until=0001-01-02T00:00:00Z", 400),
        ("until=0001-01-01T00:00:00Z", 400),
        ("since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z", 400),
        ("since=9999-12-31T23:59:59Z", 400),
    ],
)
def test_a_span_of_the_record_at_an_end_of_the_calendar_is_answered_or_refused(
    client, employee, times, status
):
    answer = client.get(f"/v1/access-log?{times}", headers=employee("access-log.read"))

    assert answer.status_code == status, answer.text


def test_the_owner_can_be_told_which_organisations_looked(client, employee, grant, project):
    grant()
    seen, other = project(plan_number="1"), project(plan_number="2")
    client.get(f"{PATH}?plan_number=1", headers=employee(sub="p_1"))
    officer = employee(
        "access-log.disclose", organisation="qatif", organisation_kind="municipality"
    )

    def accesses_of(permit):
        answer = client.get(f"/v1/permit-accesses?permit_id={permit['permit_id']}", headers=officer)
        return [(row["organisation"], row["query_kinds"]) for row in answer.json()["items"]]

    assert accesses_of(seen) == [("sec", ["plan-number"])]
    assert accesses_of(other) == []
