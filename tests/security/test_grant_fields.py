"""A partner never receives more than its grant, whatever the grant, however it asks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import contracts
from chassis.ids import new_id
from chassis.inbox import Received
from partner_gateway import commands
from permits import personal
from permits.events import permit_event
from permits.models import Permit

House = Any
SCHEMA = contracts.openapi("partner-gateway")["components"]["schemas"]["BuildingPermit"]
FIELDS = sorted(SCHEMA["properties"])
GRANTABLE = contracts.read("events/grant.v1.schema.json")["properties"]["fields"]["items"]
OWNER = {"name", "owner_type", "id_type", "share", "id_masked"}
SCOPES = ("building-permits.read", "building-permits.search")


def received(event_type: str, sequence: int, data: dict[str, Any]) -> Received:
    return Received(
        id=new_id(),
        type=event_type,
        subject=data.get("permit_id") or data["grant_id"],
        sequence=sequence,
        time=datetime.now(UTC),
        data=data,
    )


@pytest.fixture(scope="module")
def shown(houses: dict[str, House], permit_of_tarout: dict[str, str]) -> dict[str, Any]:
    """The permit of tarout in the gateway's read model, with an owner's number that finds it."""
    personal.use(houses["permits"].environment)
    with houses["permits"].database.transaction() as session:
        permit = session.get_one(Permit, permit_of_tarout["permit_id"])
        event = permit_event("issued", permit.record(), datetime.now(UTC))
        numbers = [o.id_number for o in permit.owners if o.id_type in {"national_id", "iqama"}]
    gateway = houses["partner-gateway"]
    with gateway.database.transaction() as session:
        letter = received(event.type, event.version, event.data)
        commands.project_permit(session, letter, gateway.settings)
    return {**event.data, "numbers": numbers}


def grant(house: House, fields: set[str], kinds: list[str]) -> str:
    """A grant for a partner of its own, in force at once."""
    now, organisation = datetime.now(UTC), f"p{new_id()}"
    data = {
        "grant_id": new_id(),
        "organisation": organisation,
        "audience": "partner-gateway",
        "purposes": ["meter-connection"],
        "query_kinds": kinds,
        "widest_span_days": 366,
        "fields": sorted(fields),
        "rows_per_day": 1000,
        "valid_from": (now - timedelta(days=1)).isoformat(),
        "valid_until": (now + timedelta(days=1)).isoformat(),
        "status": "active",
    }
    with house.database.transaction() as session:
        commands.record_grant(session, received("sa.gov.qatif.identity.grant.granted.v1", 1, data))
    return organisation


def ask_in_every_way(house: House, organisation: str, state: dict[str, Any]) -> list[Any]:
    claims = {"organisation": organisation, "organisation_kind": "partner", "municipality": None}
    headers = house.token(*SCOPES, sub=f"p_{organisation}", **claims)
    day, plan = state["issued_on"], state["land"]["plan_number"]
    queries = [{"issued_from": day}, {"permit_number": state["permit_number"]}]
    queries += [{"plan_number": plan}] if plan else []
    answers = [
        house.client.get("/v1/building-permits", params=query, headers=headers) for query in queries
    ]
    answers.append(house.client.get(f"/v1/building-permits/{state['permit_id']}", headers=headers))
    for number in state["numbers"][:1]:
        body = {"civil_id": number, "purpose": "meter-connection", "case_reference": "C-1"}
        answers.append(
            house.client.post("/v1/building-permit-searches", json=body, headers=headers)
        )
    return answers


KINDS = ["issue-date-range", "plan-number", "permit-number", "civil-id"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(fields=st.sets(st.sampled_from(FIELDS)))
def test_an_answer_has_the_fields_of_the_grant_and_no_others(
    houses: dict[str, House], shown: dict[str, Any], fields: set[str]
) -> None:
    house = houses["partner-gateway"]
    organisation = grant(house, fields, KINDS)
    always = set(SCHEMA["required"])

    for answer in ask_in_every_way(house, organisation, shown):
        assert answer.status_code == 200, answer.text
        document = answer.json()
        items = document.get("items", [document.get("item")])
        assert items
        for item in items:
            assert set(item) <= fields | always
            assert fields - always <= set(item)
            assert all(set(owner) <= OWNER for owner in item.get("owners", ()))
        assert [number for number in shown["numbers"] if number in answer.text] == []


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(kinds=st.sets(st.sampled_from(KINDS)))
def test_a_kind_of_query_that_is_not_granted_is_not_answered(
    houses: dict[str, House], shown: dict[str, Any], kinds: set[str]
) -> None:
    house = houses["partner-gateway"]
    organisation = grant(house, set(FIELDS), sorted(kinds))
    plan = shown["land"]["plan_number"]
    asked = [
        "issue-date-range",
        "permit-number",
        *(["plan-number"] if plan else []),
        "permit-number",
    ]
    asked += ["civil-id"] if shown["numbers"] else []

    answers = ask_in_every_way(house, organisation, shown)

    for kind, answer in zip(asked, answers, strict=True):
        assert answer.status_code == (200 if kind in kinds else 403), (kind, answer.text)
        if kind not in kinds:
            assert shown["permit_id"] not in answer.text
