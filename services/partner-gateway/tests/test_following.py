"""A partner's machine follows permits: what it hears, within which grant, and what the record keeps of it."""

import pytest
from building_events import certificate_event, release_event
from sqlalchemy import text

from chassis.core.ids import new_id
from partner_gateway import consumers
from partner_gateway.domain import following
from partner_gateway.feed import sequencer

PATH = "/v1/events"
ROWS = text(
    "SELECT operation, query_kinds, decision, reason, result_count, permit_ids::text[] AS ids FROM access_log"
    " ORDER BY link, place"
)


@pytest.fixture
def follower(token):
    """The headers of the company's own system."""

    def headers(*scopes, **claims):
        claims = {
            "organisation": "sec", "organisation_kind": "partner", "municipality": None,
            "client_id": "sec-follower", "client_kind": "machine", "sub": "sec-follower", **claims,
        }  # fmt: skip
        return token(*(scopes or ("building-permits.follow",)), **claims)

    return headers


@pytest.fixture
def placed(database):
    """Gives what was projected its places."""
    return lambda: sequencer.step(database)


@pytest.fixture
def follow(client, follower, placed):
    """`follow(after=…)` → the answer of the feed, of all that was projected before."""

    def follow(headers=None, **asked):
        placed()
        return client.get(PATH, params=asked, headers=headers or follower())

    return follow


@pytest.fixture
def tell(session, context):
    def tell(*events):
        handlers = {
            "certificate": consumers.certificate_changed,
            "release": consumers.release_changed,
        }
        for one in events:
            handlers[one.type.split(".")[4]](context, one)
        session.commit()

    return tell


def data(answer):
    assert answer.status_code == 200, answer.text
    return [item["data"] for item in answer.json()["items"]]


def test_a_machine_hears_of_permits_certificates_and_releases(follow, grant, project, tell):
    grant()
    permit = project(plan_number="713/7")
    tell(certificate_event(permit), release_event(permit, status="energised"))

    heard = data(follow())

    assert [one["permit_id"] for one in heard] == [permit["permit_id"]] * 3
    issued, insulation, release = heard
    assert (issued["status"], issued["plan_number"]) == ("valid", "713/7")
    assert insulation["insulation"]["stages"]
    assert release["release"]["status"] == "energised"


def test_a_machine_hears_nothing_of_an_owner_whatever_its_grant(
    follow, grant, project, example, all_fields
):
    """By field: each field alone, and all of them."""
    known = [
        text for owner in example["owners"] for text in (owner["name"], owner["id_number"]) if text
    ]
    grant_id = new_id()
    project()
    for sequence, fields in enumerate([*([one] for one in all_fields), all_fields], start=1):
        grant(grant_id=grant_id, sequence=sequence, fields=fields)
        project()

        answer = follow()

        assert answer.status_code == 200
        assert [one for one in known if one in answer.text] == []
        assert "owners" not in answer.text


def test_a_change_has_the_fields_of_the_grant_at_the_time_of_reading(follow, grant, project):
    grant_id = grant(fields=["status"])["grant_id"]
    project()

    [before] = data(follow())
    grant(grant_id=grant_id, sequence=2, fields=["status", "plots"])
    [after] = data(follow())

    always = {"permit_id", "permit_number", "origin", "verified"}
    assert set(before) == always | {"status"}
    assert set(after) == always | {"status", "plots"}


def test_changes_of_a_permit_come_in_order_and_none_comes_twice(
    follow, grant, project, session, context, event
):
    grant()
    state = project()
    again = event({**state, "status": "suspended"}, sequence=2)
    for one in (again, again, event({**state, "status": "valid"}, sequence=3)):
        consumers.permit_changed(context, one)
    session.commit()

    heard, cursor = [], {}
    for _ in range(4):
        answer = follow(limit=1, **cursor)
        heard += [item["sequence"] for item in answer.json()["items"]]
        cursor = {"after": answer.json()["next_cursor"]}

    assert heard == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"status": "withdrawn"}, "no-grant"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "no-grant"),
        ({"query_kinds": ["permit-number"]}, "query-kind-not-granted"),
    ],
)
def test_without_a_grant_that_covers_following_nothing_is_heard(
    follow, grant, project, session, terms, code
):
    grant_id = grant()["grant_id"]
    project()
    grant(grant_id=grant_id, sequence=2, **terms)

    answer = follow()

    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert "items" not in answer.json()
    assert [(row.decision, row.reason) for row in session.execute(ROWS)] == [("denied", code)]


def test_a_grant_that_is_given_again_has_no_gap(follow, grant, project):
    grant_id = grant()["grant_id"]
    project(permit_number="1448/1")
    place = follow().json()["next_cursor"]
    grant(grant_id=grant_id, sequence=2, status="withdrawn")
    project(permit_number="1448/2")
    grant()

    assert [one["permit_number"] for one in data(follow(after=place))] == ["1448/2"]


def test_each_page_has_its_row_and_counts_in_the_quota(follow, grant, project, session):
    grant(rows_per_day=3)
    ids = [project()["permit_id"] for _ in range(5)]

    first = follow(limit=2)
    second = follow(after=first.json()["next_cursor"])
    third = follow(after=second.json()["next_cursor"])

    assert [len(one.json().get("items", ())) for one in (first, second, third)] == [2, 1, 0]
    assert (third.status_code, third.json()["code"]) == (429, "rows-exhausted")
    rows = [(row.decision, row.result_count, row.ids) for row in session.execute(ROWS)]
    assert rows == [("allowed", 2, ids[:2]), ("allowed", 1, ids[2:3]), ("denied", 0, [])]


def test_the_record_names_the_permit_of_a_certificate(follow, grant, project, tell, session):
    permit = project()
    grant()
    tell(certificate_event(permit))

    follow()

    [row] = session.execute(ROWS).all()
    assert (row.query_kinds, row.ids) == (["follow"], [permit["permit_id"]])


def test_corrected_owners_are_a_change_marked_correction_without_the_owners(
    follow, grant, project, session, context, event, example
):
    grant()
    state = project()
    owner = {**example["owners"][0], "name": "اسم مصحح (بيانات تجريبية)"}
    corrected = {**state, "owners": [owner, *state["owners"][1:]]}
    consumers.permit_changed(context, event({**state, "use_class": "commercial"}, sequence=2))
    consumers.permit_changed(context, event(corrected, sequence=3))
    consumers.permit_changed(context, event({**corrected, "status": "suspended"}, sequence=4))
    session.commit()

    answer = follow()

    assert [one.get("correction") for one in data(answer)] == [None, None, True, None]
    assert "مصحح" not in answer.text


def test_a_correction_is_noticed_within_one_poll_and_not_in_an_older_state(
    follow, grant, project, session, context, event, example
):
    grant()
    state = project(sequence=5)
    owner = {**example["owners"][0], "name": "اسم مصحح (بيانات تجريبية)"}
    corrected = {**state, "owners": [owner]}
    events = [
        event(corrected, sequence=6),
        event(corrected, sequence=7),
        event(corrected, sequence=4),
    ]
    handler = consumers.permit_changed
    handler.write(context, [handler.prepare(context, one) for one in events])
    session.commit()

    marks = [(item["sequence"], "correction" in item["data"]) for item in follow().json()["items"]]

    assert marks == [("5", False), ("6", True), ("7", False), ("4", False)]


def test_another_partner_hears_by_its_own_grant_and_its_own_cursor(
    follow, follower, grant, project
):
    grant()
    grant(organisation="water", fields=["status"])
    project()
    water = follower(organisation="water")

    place = follow().json()["next_cursor"]
    refused = follow(headers=water, after=place)

    assert [set(one) for one in data(follow(headers=water))] == [
        {"permit_id", "permit_number", "status", "origin", "verified"}
    ]
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "after")


def test_a_partner_without_a_grant_to_follow_costs_the_projection_nothing(project, grant, session):
    grant(query_kinds=["permit-number"])
    project()

    assert session.scalar(text("SELECT count(*) FROM feed_event")) == 0


@pytest.mark.parametrize("scope", ["building-permits.read", "gateway.status", "webhooks.manage"])
def test_another_scope_opens_no_feed(follow, follower, grant, scope):
    grant()

    answer = follow(headers=follower(scope))

    assert answer.status_code == 403
    challenge = answer.headers["www-authenticate"]
    assert 'scope="events.read building-permits.follow"' in challenge


def test_a_municipality_hears_of_no_partners_changes(
    client, follow, project, grant, token, tenants
):
    grant()
    project()
    follow()

    for of in ("saihat", "qatif"):
        answer = client.get(PATH, headers=token("events.read", **tenants[of]))
        assert answer.json()["items"] == []


def test_every_field_of_a_change_may_be_granted(all_fields):
    assert set(all_fields) >= following.FIELDS
