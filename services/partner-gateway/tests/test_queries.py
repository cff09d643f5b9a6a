"""Queries of the electricity company's employees, page by page."""

import itertools
import random
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.core.ids import new_id
from partner_gateway import consumers
from partner_gateway.commands import projections
from partner_gateway.domain.permit_queries import Query
from partner_gateway.queries.permits import Position, page_statement
from saudi.days import legal_day

TODAY = legal_day(datetime.now(UTC))
PATH = "/v1/building-permits"


def found(response):
    assert response.status_code == 200, response.text
    return {item["permit_id"] for item in response.json()["items"]}


def test_the_range_is_half_open(client, employee, grant, project):
    grant()
    days = {n: project(issued_on=str(date(2026, 10, n)))["permit_id"] for n in (1, 2, 3)}

    response = client.get(f"{PATH}?issued_from=2026-10-01&issued_to=2026-10-03", headers=employee())

    assert found(response) == {days[1], days[2]}


@pytest.mark.parametrize("spelling", ["713/7", "٧١٣ / ٧", "713 /7"])
def test_a_plan_number_is_found_under_each_spelling_and_shown_as_published(
    client, employee, grant, project, spelling
):
    grant()
    published = project(plan_number="713/7")
    project(plan_number="713/70")
    project(plan_number=None)

    response = client.get(PATH, params={"plan_number": spelling}, headers=employee())

    assert found(response) == {published["permit_id"]}
    assert response.json()["items"][0]["plan_number"] == "713/7"


def test_filters_combine(client, employee, grant, project):
    grant()
    wanted = project(plan_number="128", town="سيهات", district="النسيم", kind="fence")
    project(plan_number="128", town="سيهات", district="النسيم", kind="new")
    project(plan_number="128", town="تاروت", district="النرجس", kind="fence")

    params = {"plan_number": "128", "town": "سيهات", "district": "حي النسيم", "kind": "fence"}
    assert found(client.get(PATH, params=params, headers=employee())) == {wanted["permit_id"]}


def test_a_permit_number_may_belong_to_several_municipalities(client, employee, grant, project):
    grant()
    both = {
        project(permit_number="1448/7", municipality=code)["permit_id"]
        for code in ("safwa", "tarout")
    }
    project(permit_number="1448/77")

    response = client.get(PATH, params={"permit_number": "١٤٤٨/٧"}, headers=employee())
    assert found(response) == both


def search(client, headers, **changes):
    body = {
        "civil_id": "1000000008",
        "purpose": "meter-connection",
        "case_reference": "C-1",
        **changes,
    }
    return client.post("/v1/building-permit-searches", json=body, headers=headers)


def test_an_owner_is_found_by_civil_id_whichever_place_he_has_on_the_deed(
    client, employee, grant, project, example
):
    grant()
    mine = project()
    project(owners=[{**example["owners"][1], "id_number": "1000000016"}])

    assert found(search(client, employee())) == {mine["permit_id"]}
    assert found(search(client, employee(), civil_id="١٠٠٠٠٠٠٠٠٨")) == {mine["permit_id"]}
    assert found(search(client, employee(), kind="demolition")) == set()


def test_a_permit_past_its_last_day_is_expired_without_any_event(client, employee, grant, project):
    grant()
    last_day = project(plan_number="1", expires_on=str(TODAY))
    past = project(plan_number="1", expires_on=str(TODAY - timedelta(days=1)))
    suspended = project(plan_number="1", expires_on="2020-01-01", status="suspended")

    items = client.get(f"{PATH}?plan_number=1", headers=employee()).json()["items"]
    assert {item["permit_id"]: item["status"] for item in items} == {
        last_day["permit_id"]: "valid",
        past["permit_id"]: "expired",
        suspended["permit_id"]: "suspended",
    }
    assert found(client.get(f"{PATH}?plan_number=1&status=expired", headers=employee())) == {
        past["permit_id"]
    }


def test_one_permit_by_its_id_and_a_missing_one(client, employee, grant, project):
    grant()
    permit = project()

    answer = client.get(f"{PATH}/{permit['permit_id']}", headers=employee())
    missing = client.get(f"{PATH}/{new_id()}", headers=employee())

    assert answer.json()["item"]["permit_number"] == permit["permit_number"]
    assert missing.status_code == 404


def test_walking_the_pages_gives_each_permit_once_while_permits_are_issued_and_amended(
    client, employee, grant, project, session, context, example, event
):
    grant()
    chance = random.Random(7)
    first = [
        project(plan_number="9", issued_on=str(TODAY - timedelta(days=chance.randrange(5))))
        for _ in range(23)
    ]
    seen, cursor = [], None
    while True:
        params = {"plan_number": "9", "limit": "3", **({"cursor": cursor} if cursor else {})}
        page = client.get(PATH, params=params, headers=employee()).json()
        seen += [item["permit_id"] for item in page["items"]]
        project(plan_number="9", issued_on=str(TODAY))
        again = chance.choice(first)
        amended = {**example, **again, "use_class": "commercial"}
        consumers.permit_changed(context, event(amended, sequence=len(seen) + 2))
        session.commit()
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert len(seen) == len(set(seen))
    assert {permit["permit_id"] for permit in first} <= set(seen)


def test_the_newest_of_several_versions_written_together_stays(
    client, employee, grant, project, session, context, event
):
    grant()
    state = project(plan_number="9", sequence=3)
    uses = {2: "residential", 5: "commercial", 4: "industrial"}
    rows = [
        projections.permit_row(
            event({**state, "use_class": use}, sequence=sequence), context.settings, context.now
        )
        for sequence, use in uses.items()
    ]
    projections.keep_permits(session, rows)
    session.commit()

    (permit,) = client.get(PATH, params={"plan_number": "9"}, headers=employee()).json()["items"]
    assert (permit["version"], permit["use_class"]) == (5, "commercial")


def test_all_combinations_of_filters_need_few_statements():
    names = {name: None for name in vars(Query()) if name not in ("owner_kind", "civil_id_keys")}
    values = {**dict.fromkeys(names, "x"), "issued_from": TODAY, "issued_to": TODAY}
    values |= {"civil_id_keys": ("v1:0",), "permit_id": new_id()}
    texts = set()
    for size in range(len(values) + 1):
        for chosen in itertools.combinations(values, size):
            query = Query(**{name: values[name] for name in chosen})
            for after in (None, Position(TODAY, new_id())):
                texts.add(page_statement(query, after=after, limit=1, today=TODAY).sql)

    assert len(texts) <= 512  # a connection prepares a thousand


def test_the_next_page_has_an_absolute_address(client, employee, grant, project):
    grant()
    for _ in range(2):
        project(plan_number="٧/٧")

    response = client.get(PATH, params={"plan_number": "٧/٧", "limit": 1}, headers=employee())
    address = response.headers["link"].partition(">")[0].lstrip("<")

    assert address.startswith("https://gateway.test/v1/building-permits?")
    following = client.get(address.removeprefix("https://gateway.test"), headers=employee())
    assert len(found(following) | found(response)) == 2


def next_cursor(client, headers, **params):
    return client.get(
        PATH, params={"plan_number": "5", "limit": 1, **params}, headers=headers
    ).json()["next_cursor"]


@pytest.mark.parametrize("change", ["plan", "organisation", "byte", "nonsense"])
def test_a_cursor_of_something_else_is_refused(client, employee, grant, project, change):
    grant()
    grant(organisation="another")
    for _ in range(3):
        project(plan_number="5")
    cursor = next_cursor(client, employee())
    params = {"plan_number": "6" if change == "plan" else "5", "cursor": cursor}
    headers = employee(organisation="another") if change == "organisation" else employee()
    if change == "byte":
        params["cursor"] = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    if change == "nonsense":
        params["cursor"] = "x.y"

    response = client.get(PATH, params=params, headers=headers)

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "cursor"


def test_an_older_version_never_overwrites_a_newer_one(
    client, employee, grant, project, session, context, event
):
    grant()
    state = project(sequence=5, status="cancelled")
    consumers.permit_changed(context, event({**state, "status": "valid"}, sequence=4))
    session.commit()

    answer = client.get(f"{PATH}/{state['permit_id']}", headers=employee()).json()["item"]
    assert (answer["status"], answer["version"]) == ("cancelled", 5)


def test_how_far_the_answer_is_complete_is_the_slowest_partition(client, employee, grant, session):
    grant()
    assert client.get(f"{PATH}?plan_number=1", headers=employee()).json()["as_of"] is None

    mark = text("INSERT INTO consumer_progress VALUES ('partner-gateway', :topic, :p, 1, :at)")
    for hour, topic in enumerate(
        ("permits.request", "permits.release", "permits.certificate", "permits.permit"), start=9
    ):
        for partition in range(8):
            at = datetime(2026, 11, 24, hour, partition, tzinfo=UTC)
            session.execute(mark, {"topic": topic, "p": partition, "at": at})
    session.commit()

    assert client.get("/v1/status", headers=employee("gateway.status")).json() == {
        "as_of": "2026-11-24T09:00:00Z"
    }


@pytest.mark.parametrize(
    ("params", "field", "code"),
    [
        ({"issued_from": "2024-02-30"}, "issued_from", "no-such-day"),
        ({"issued_from": "2024-13-99"}, "issued_from", "no-such-day"),
        ({"issued_from": "2026-10-03", "issued_to": "2026-10-01"}, "issued_to", "empty-range"),
        ({"issued_from": "2020-01-01", "issued_to": "2026-10-01"}, "issued_to", "range-too-wide"),
        ({"issued_to": "2026-10-01"}, "issued_from", "needs-issued-from"),
        ({"town": "القطيف"}, "issued_from", "selecting-filter"),
        ({"plan_number": "1", "owner": "x"}, "owner", "unknown"),
        ({"plan_number": "1", "kind": "castle"}, "kind", "enum"),
        ({"plan_number": "1", "limit": "0"}, "limit", "minimum"),
        ({"plan_number": ["1", "2"]}, "plan_number", "duplicated"),
    ],
)
def test_a_wrong_query_names_its_field_in_both_languages(
    client, employee, grant, params, field, code
):
    grant()
    arabic = client.get(PATH, params=params, headers=employee())
    english = client.get(PATH, params=params, headers={**employee(), "Accept-Language": "en"})

    assert arabic.status_code == english.status_code == 400
    assert arabic.json()["errors"][0] | {"detail": ""} == {
        "field": field,
        "code": code,
        "detail": "",
    }
    assert arabic.json()["title"] != english.json()["title"]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"issued_from": "9999-12-31"}, 200),
        ({"issued_from": "9999-12-30"}, 200),
        ({"issued_from": "9999-12-30", "issued_to": "9999-12-31"}, 200),
        ({"issued_from": "9999-12-31", "issued_to": "9999-12-31"}, 400),
        ({"issued_from": "0001-01-01", "issued_to": "0001-01-02"}, 200),
        ({"issued_from": "0001-01-01"}, 400),
        ({"issued_from": "0001-01-01", "issued_to": "9999-12-31"}, 400),
        ({"issued_to": "0001-01-01"}, 400),
    ],
)
def test_a_range_at_an_end_of_the_calendar_is_answered_or_refused(
    client, employee, grant, params, status
):
    grant()
    body = {"civil_id": "1000000008", "purpose": "meter-connection", "case_reference": "C-1"}

    got = client.get(PATH, params=params, headers=employee())
    searched = client.post(
        "/v1/building-permit-searches", json={**body, **params}, headers=employee()
    )

    assert got.status_code == status, got.text
    assert searched.status_code in {200, status}, searched.text


@pytest.mark.parametrize(("civil_id", "code"), [("1012345671", "check-digit"), ("12", "civil-id")])
def test_a_wrong_civil_id_is_named(client, employee, grant, civil_id, code):
    grant()
    response = search(client, employee(), civil_id=civil_id)

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == code
    assert civil_id not in response.text
