"""The list of releases that wait for the company: what it has, in which order, for whom, and what it costs."""

import pytest
from building_events import certificate_event, release_event
from sqlalchemy import text

from chassis.core.ids import new_id
from partner_gateway import consumers

PATH = "/v1/waiting-releases"
READ = "building-permits.read"
NOT_GIVEN = {"extent": "none", "energised_on": None, "connected": False, "meter_numbers": []}


def approved(permit, on, **changes):
    approval = {
        "extent": "partial", "approved_on": on, "occupancy_certificate_id": None, "insulation_certificate_id": None,
    }  # fmt: skip
    state = {"approval": approval, "supply": NOT_GIVEN, "disconnection": None, "flagged": False}
    return release_event(permit, happened="approved", **{**state, **changes})


@pytest.fixture
def tell(session, context):
    """`tell(release_event(…))`: as if the consumer had got them."""
    handlers = {
        "release": consumers.release_changed,
        "certificate": consumers.certificate_changed,
    }

    def tell(*events):
        for one in events:
            handlers[one.type.split(".")[4]](context, one)
        session.commit()

    return tell


@pytest.fixture
def ask(client, employee):
    """`ask(waits_for="supply")` → the answer, for a dispatcher of the company."""

    def ask(who=None, **query):
        return client.get(PATH, params=query, headers=employee(READ, **(who or {})))

    return ask


def numbers(answer):
    return [one["permit"]["permit_number"] for one in answer.json()["items"]]


def test_an_approval_is_listed_with_its_permit_and_the_verdict_of_today(ask, project, tell, given):
    permit = project(permit_number="1448/1", plan_number="713/7", status="valid")
    tell(approved(permit, "2026-11-20"))

    [item] = ask().json()["items"]

    assert (item["waits_for"], item["since"], item["since_hijri"]) == (
        "supply",
        "2026-11-20",
        "1448/06/10",
    )
    assert item["waits_for_title"] == {"ar": "إطلاق التيار", "en": "Giving current"}
    assert item["permit"]["permit_id"] == permit["permit_id"]
    assert item["permit"]["plan_number"] == "713/7"
    assert item["permit"]["connection"]["extent"] == "partial"


def test_a_suspended_permit_stays_listed_with_its_verdict_against_it(ask, project, tell, given):
    permit = project(permit_number="1448/1", status="suspended")
    tell(approved(permit, "2026-11-20"))

    [item] = ask().json()["items"]

    assert item["permit"]["connection"]["extent"] == "none"
    assert [one["code"] for one in item["permit"]["connection"]["reasons"]] == ["permit-suspended"]


def test_orders_come_first_and_then_the_oldest(ask, project, tell, given):
    permits = [project(permit_number=f"1448/{one}") for one in range(1, 5)]
    tell(
        approved(permits[0], "2026-11-21"),
        approved(permits[1], "2026-11-20"),
        approved(permits[2], "2026-11-22"),
        release_event(permits[3], happened="disconnection_ordered"),
    )

    assert numbers(ask()) == ["1448/4", "1448/2", "1448/1", "1448/3"]
    assert numbers(ask(waits_for="supply")) == ["1448/2", "1448/1", "1448/3"]
    assert numbers(ask(waits_for="reconnection")) == []


def test_each_release_comes_once_while_the_list_changes_between_the_pages(
    ask, project, tell, given
):
    permits = [project(permit_number=f"1448/{one}") for one in range(1, 6)]
    waiting = [approved(permit, "2026-11-20") for permit in permits]
    tell(*waiting)
    first = ask(limit=2)
    gone = next(one for one in waiting if one.data["permit_number"] == numbers(first)[0])
    supply = {**NOT_GIVEN, "extent": "partial", "energised_on": "2026-11-25", "connected": True}
    tell(approved(gone.data, "2026-11-20", release_id=gone.subject, supply=supply, sequence=2))

    seen = numbers(first)
    cursor = first.json()["next_cursor"]
    while cursor:
        page = ask(limit=2, cursor=cursor)
        seen += numbers(page)
        cursor = page.json()["next_cursor"]

    assert sorted(seen) == [f"1448/{one}" for one in range(1, 6)]


def test_a_release_leaves_the_list_when_the_company_has_given_current(ask, project, tell, given):
    permit = project(permit_number="1448/1")
    waiting = approved(permit, "2026-11-20")
    supply = {**NOT_GIVEN, "extent": "partial", "energised_on": "2026-11-25", "connected": True}
    tell(waiting)
    assert numbers(ask()) == ["1448/1"]

    tell(approved(permit, "2026-11-20", release_id=waiting.subject, supply=supply, sequence=2))

    assert numbers(ask()) == []


def test_a_release_whose_permit_has_not_arrived_waits_for_it(ask, project, tell, given):
    permit_id = new_id()
    permit = {**project(permit_number="1448/1"), "permit_id": permit_id, "building_id": permit_id}
    tell(approved(permit, "2026-11-20"))
    assert numbers(ask()) == []

    project(permit_number="1448/2", permit_id=permit_id, building_id=permit_id)

    [item] = ask().json()["items"]
    assert (item["permit"]["permit_id"], item["permit"]["permit_number"]) == (permit_id, "1448/2")
    assert item["permit"]["connection"]["extent"] == "partial"


def test_certificates_that_expired_stand_in_the_verdict(ask, project, tell, given):
    permit = project(permit_number="1448/1", status="valid")
    tell(
        certificate_event(permit, status="issued", valid_until="2020-01-01"),
        approved(permit, "2019-11-20"),
    )

    [item] = ask().json()["items"]

    assert item["permit"]["connection"]["extent"] == "none"
    assert [one["code"] for one in item["permit"]["connection"]["reasons"]] == [
        "insulation-expired"
    ]


def test_only_fields_of_the_grant_are_shown(ask, project, tell, grant):
    grant(fields=["release", "plan_number"])
    tell(approved(project(permit_number="1448/1"), "2026-11-20"))

    [item] = ask().json()["items"]

    assert {"release", "connection", "plan_number", "permit_number"} <= item["permit"].keys()
    assert not {"owners", "plots", "insulation"} & item["permit"].keys()


def test_a_grant_without_the_release_shows_no_list(ask, project, tell, grant, all_fields):
    grant(fields=[one for one in all_fields if one != "release"])
    tell(approved(project(permit_number="1448/1"), "2026-11-20"))

    answer = ask()

    assert answer.status_code == 403
    assert "إطلاق التيار" in answer.json()["detail"]


def test_an_organisation_without_a_grant_sees_nothing(ask, project, tell, given):
    tell(approved(project(permit_number="1448/1"), "2026-11-20"))

    answer = ask(who={"organisation": "gas"})

    assert answer.status_code == 403
    assert "items" not in answer.json()


def test_a_cursor_belongs_to_its_organisation_and_its_filter(ask, project, tell, grant):
    grant()
    grant(organisation="water")
    tell(*[approved(project(permit_number=f"1448/{one}"), "2026-11-20") for one in (1, 2)])
    cursor = ask(limit=1).json()["next_cursor"]

    assert ask(limit=1, cursor=cursor).status_code == 200
    assert ask(limit=1, cursor=cursor, waits_for="supply").status_code == 400
    assert ask(who={"organisation": "water"}, limit=1, cursor=cursor).status_code == 400


def test_each_row_counts_against_the_rows_of_the_day(ask, project, tell, grant):
    grant(rows_per_day=3)
    tell(*[approved(project(permit_number=f"1448/{one}"), "2026-11-20") for one in (1, 2)])

    assert len(ask().json()["items"]) == 2
    assert len(ask().json()["items"]) == 1
    assert ask().status_code == 429


def test_the_record_names_the_permits_that_were_shown(ask, project, tell, given, session):
    permit = project(permit_number="1448/1")
    tell(approved(permit, "2026-11-20"))

    ask(who={"sub": "p_looks"}, waits_for="supply")

    row = session.execute(
        text(
            "SELECT query_kinds, filters, decision, result_count, permit_ids::text[]"
            " FROM access_log WHERE subject = 'p_looks'"
        )
    ).one()
    assert tuple(row) == (
        ["waiting-release"],
        {"waits_for": "supply"},
        "allowed",
        1,
        [permit["permit_id"]],
    )
