"""The limits of the gateway: shown to the caller, and without harm to other callers."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from chassis.access.quotas import Policy
from chassis.testing import wait_for_a_whole_window
from partner_gateway import limits
from partner_gateway.record.accesses import searchers_of_many

PATH = "/v1/building-permits?plan_number=1"
ALL = ("building-permits.read", "gateway.status", "access-log.read")


def rows_of(session, subject):
    statement = "SELECT count(*) FROM access_log WHERE subject = :subject"
    return session.scalar(text(statement), {"subject": subject})


def test_the_riyadh_day_begins_at_nine_in_the_evening_utc():
    day = Policy("rows-per-day", 1, limits.DAY, offset=limits.RIYADH_SECONDS)
    before = datetime(2026, 11, 24, 20, 59, 59, tzinfo=UTC).timestamp()

    assert day.starts_at(before) == datetime(2026, 11, 23, 21, tzinfo=UTC).timestamp()
    assert day.starts_at(before + 1) == datetime(2026, 11, 24, 21, tzinfo=UTC).timestamp()


@pytest.fixture
def narrow(settings):
    """The settings of the service with limits that a test can reach."""
    values = {
        "person_per_minute": 3,
        "civil_id_per_minute": 2,
        "partner_per_minute": 6,
        "status_per_minute": 3,
    }
    before = {name: getattr(settings, name) for name in values}
    for name, value in values.items():
        object.__setattr__(settings, name, value)
    yield
    for name, value in before.items():
        object.__setattr__(settings, name, value)


@pytest.fixture
def limited(narrow, client):
    wait_for_a_whole_window()
    return client


def test_the_answer_says_what_is_left_and_the_next_one_when_there_is_more(
    limited, employee, grant, session
):
    grant()
    answers = [limited.get(PATH, headers=employee(sub="p_l1")) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert '"person";q=3;w=60' in answers[0].headers["ratelimit-policy"]
    assert '"person";r=2;t=' in answers[0].headers["ratelimit"]
    refused = answers[3]
    assert refused.json()["code"] == "person"
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert '"person";r=0;t=' in refused.headers["ratelimit"]


def test_a_person_over_the_own_limit_does_not_use_up_the_colleagues(limited, employee, grant):
    grant()
    for _ in range(10):
        limited.get(PATH, headers=employee(sub="p_greedy"))

    assert limited.get(PATH, headers=employee(sub="p_modest")).status_code == 200


def test_searches_by_civil_id_have_their_own_lower_limit(limited, employee, grant):
    grant()
    body = {"civil_id": "1000000008", "purpose": "meter-connection", "case_reference": "C-1"}

    def search():
        return limited.post("/v1/building-permit-searches", json=body, headers=employee(sub="p_l2"))

    assert [search().status_code for _ in range(3)] == [200, 200, 429]
    assert search().json()["code"] == "civil-id"
    assert limited.get(PATH, headers=employee(sub="p_l2")).status_code == 200


def test_the_quota_shows_what_the_limits_counted(limited, employee, grant):
    grant(rows_per_day=500)
    limited.get(PATH, headers=employee(sub="p_l3"))

    state = limited.get("/v1/quota", headers=employee("gateway.status", sub="p_l3")).json()

    left = {one["name"]: (one["limit"], one["remaining"]) for one in state["limits"]}
    assert left["person"] == (3, 2)
    assert left["civil-id"] == (2, 2)
    assert left["rows-per-day"][0] == 500


def test_why_a_number_has_no_answer_costs_a_row(limited, employee, grant):
    grant(rows_per_day=2)

    def asked():
        return limited.get(
            PATH, params={"permit_number": "1448/404"}, headers=employee(sub="p_why")
        )

    *answers, over = [asked() for _ in range(3)]

    assert all(answer.json()["absence"]["reason"] for answer in answers)
    assert (over.status_code, over.json()["code"]) == (429, "rows-exhausted")


def test_a_wide_quota_does_not_look_used_up_after_some_rows(limited, employee, grant, project):
    grant(rows_per_day=1_000_000)
    for _ in range(3):
        project(plan_number="1")
    limited.get(PATH, headers=employee(sub="p_wide"))

    state = limited.get("/v1/quota", headers=employee("gateway.status", sub="p_wide")).json()

    left = {one["name"]: one["remaining"] for one in state["limits"]}
    assert 999_000 <= left["rows-per-day"] < 1_000_000


def test_a_refusal_by_a_limit_is_recorded(limited, employee, grant, session):
    grant()
    for _ in range(4):
        limited.get(PATH, headers=employee(sub="p_l4"))

    page = limited.get("/v1/access-log?decision=denied", headers=employee("access-log.read")).json()

    assert [row["reason"] for row in page["items"]] == ["person"]


def test_an_employee_who_searches_for_many_people_is_noticed(client, employee, grant, session):
    grant()
    for number in ("1000000008", "1000000016", "1000000024"):
        body = {"civil_id": number, "purpose": "meter-connection", "case_reference": "C-1"}
        for _ in range(2):
            client.post(
                "/v1/building-permit-searches", json=body, headers=employee(sub="p_curious")
            )

    assert searchers_of_many(session, 2) == [("p_curious", 3)]
    assert searchers_of_many(session, 3) == []


def test_looks_at_record_quota_and_status_have_a_limit_of_their_own(limited, employee, grant):
    grant()
    paths = ("/v1/quota", "/v1/status", "/v1/access-log")
    asked = [limited.get(path, headers=employee(*ALL, sub="p_look")) for path in paths * 2]

    assert [answer.status_code for answer in asked] == [200] * 3 + [429] * 3
    assert asked[-1].json()["code"] == "status"
    assert limited.get(PATH, headers=employee(*ALL, sub="p_look")).status_code == 200


def test_a_caller_without_the_scope_cannot_fill_the_record(limited, employee, grant, session):
    grant()
    body = {"civil_id": "1000000008", "purpose": "meter-connection", "case_reference": "C-1"}
    reader = employee("building-permits.read", sub="p_flood")

    answers = [
        limited.post("/v1/building-permit-searches", json=body, headers=reader) for _ in range(5)
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 429, 429]
    assert rows_of(session, "p_flood") == 3


def test_the_first_ten_queries_over_a_limit_in_a_minute_are_recorded(
    limited, employee, grant, session
):
    grant()
    for _ in range(20):
        limited.get(PATH, headers=employee(sub="p_eager"))

    assert rows_of(session, "p_eager") == 3 + limits.REFUSALS_RECORDED


def test_a_query_that_fails_is_recorded_and_gives_its_rows_back(
    client, employee, grant, session, monkeypatch
):
    grant(rows_per_day=50)

    async def fails(*_args, **_options):
        raise RuntimeError("the page can't be read")

    with monkeypatch.context() as broken:
        broken.setattr("partner_gateway.queries.permits.Permits.page", fails)
        assert client.get(PATH, headers=employee(sub="p_fail")).status_code == 500

    assert rows_of(session, "p_fail") == 1
    assert client.get(f"{PATH}&limit=50", headers=employee(sub="p_ok")).status_code == 200
