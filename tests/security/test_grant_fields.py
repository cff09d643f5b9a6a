"""A partner never receives more than its grant, whatever the grant, however it asks."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.core.ids import new_id

from .granting import FIELDS, KINDS, SCHEMA, record_grant

ServiceInProcess = Any
OWNER = {"name", "owner_type", "id_type", "share", "id_masked"}
SCOPES = ("building-permits.read", "building-permits.search")


def ask_in_every_way(
    service: ServiceInProcess, organisation: str, state: dict[str, Any]
) -> list[Any]:
    claims = {"organisation": organisation, "organisation_kind": "partner", "municipality": None}
    headers = service.token(*SCOPES, sub=f"p_{organisation}", **claims)
    day, plan = state["issued_on"], state["land"]["plan_number"]
    queries = [{"issued_from": day}, {"permit_number": state["permit_number"]}]
    queries += [{"plan_number": plan}] if plan else []
    answers = [
        service.client.get("/v1/building-permits", params=query, headers=headers)
        for query in queries
    ]
    answers.append(
        service.client.get(f"/v1/building-permits/{state['permit_id']}", headers=headers)
    )
    for number in state["numbers"][:1]:
        body = {"civil_id": number, "purpose": "meter-connection", "case_reference": "C-1"}
        answers.append(
            service.client.post("/v1/building-permit-searches", json=body, headers=headers)
        )
    return answers


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(fields=st.sets(st.sampled_from(FIELDS)))
def test_an_answer_has_the_fields_of_the_grant_and_no_others(
    services: dict[str, ServiceInProcess], permit_in_tarout: dict[str, Any], fields: set[str]
) -> None:
    service = services["partner-gateway"]
    organisation = record_grant(service, f"p{new_id()}", fields)
    always = set(SCHEMA["required"])
    # The verdict on connecting is granted with the release of current, and only there.
    granted = (fields - {"connection"}) | ({"connection"} if "release" in fields else set())

    for answer in ask_in_every_way(service, organisation, permit_in_tarout):
        assert answer.status_code == 200, answer.text
        document = answer.json()
        items = document.get("items", [document.get("item")])
        assert items
        for item in items:
            assert set(item) <= granted | always
            assert granted - always <= set(item)
            assert all(set(owner) <= OWNER for owner in item.get("owners", ()))
        assert [number for number in permit_in_tarout["numbers"] if number in answer.text] == []


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(kinds=st.sets(st.sampled_from(KINDS)))
def test_a_kind_of_query_that_is_not_granted_is_not_answered(
    services: dict[str, ServiceInProcess], permit_in_tarout: dict[str, Any], kinds: set[str]
) -> None:
    service = services["partner-gateway"]
    organisation = record_grant(service, f"p{new_id()}", kinds=kinds)
    plan = permit_in_tarout["land"]["plan_number"]
    asked = [
        "issue-date-range",
        "permit-number",
        *(["plan-number"] if plan else []),
        "permit-number",
    ]
    asked += ["civil-id"] if permit_in_tarout["numbers"] else []

    answers = ask_in_every_way(service, organisation, permit_in_tarout)

    for kind, answer in zip(asked, answers, strict=True):
        assert answer.status_code == (200 if kind in kinds else 403), (kind, answer.text)
        if kind not in kinds:
            assert permit_in_tarout["permit_id"] not in answer.text
