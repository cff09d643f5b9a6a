"""Attributes of people and machine clients: registered, carried by their tokens, void when they change."""

from datetime import UTC, datetime

import pytest

from chassis.access import auth
from chassis.core import contracts
from identity.cli import apply

NAMES = {"ar": "نظام (بيانات تجريبية)", "en": "System (trial data)"}
PORTAL = {
    "client_id": "portal",
    "redirect_uri": "https://portal.example/callback",
    "scope": "permits.read",
}
TARIQ = {
    "display_name": "tariq (بيانات تجريبية)",
    "role": "officer",
    "scopes": ["permits.read", "permit-requests.write"],
}
FEED = {
    "name": NAMES,
    "redirect_uris": [],
    "scopes": ["permits.read", "permit-requests.write", "gateway.status"],
    "introspects": [],
}


@pytest.fixture
def tariq(client, admin, register):
    """Amends the person `tariq` and answers the request's answer; the same for his id."""
    people = client.get("/v1/people?organisation=tarout", headers=admin).json()["items"]
    (person_id,) = [one["person_id"] for one in people if one["username"] == "tariq"]

    def amend(**changes):
        path = f"/v1/people/{person_id}"
        return client.put(path, json={**TARIQ, **changes}, headers=admin)

    return amend


@pytest.fixture
def feed(client, admin, register):
    """Amends the machine client `tarout-feed` and answers the request's answer."""
    return lambda **changes: client.put(
        "/v1/clients/tarout-feed", json={**FEED, **changes}, headers=admin
    )


def test_the_token_of_a_person_carries_the_persons_attributes(oauth, tariq):
    attributes = {"departments": "cleaning gardens", "contractor": "contractor-1"}

    assert tariq(attributes=attributes).json()["attributes"] == attributes

    claims = oauth.claims(oauth.staff_token("tariq", **PORTAL))
    assert {name: claims[name] for name in attributes} == attributes


def test_the_token_of_a_machine_carries_the_clients_attributes(oauth, feed):
    assert feed(attributes={"contractor": "contractor-1"}).status_code == 200

    claims = oauth.claims(oauth.machine_token().json()["access_token"])
    assert claims["contractor"] == "contractor-1"
    assert "departments" not in claims


def test_a_changed_attribute_voids_the_running_tokens_and_the_next_one_carries_it(oauth, tariq):
    tariq(attributes={"departments": "cleaning"})
    before = oauth.staff_token("tariq", **PORTAL)
    assert oauth.introspect(before, "permits-service")["departments"] == "cleaning"

    tariq(attributes={"departments": "gardens"})

    assert oauth.introspect(before, "permits-service") == {"active": False}
    after = oauth.staff_token("tariq", **PORTAL)
    assert oauth.claims(after)["departments"] == "gardens"


def test_a_changed_attribute_voids_the_running_tokens_of_a_machine(oauth, feed):
    before = oauth.machine_token().json()["access_token"]

    feed(attributes={"departments": "gardens"})

    assert oauth.introspect(before, "permits-service") == {"active": False}


def test_a_code_from_before_the_change_gives_no_token(oauth, tariq):
    code = oauth.code("tariq", **PORTAL)

    tariq(attributes={"departments": "cleaning"})

    form = {"redirect_uri": PORTAL["redirect_uri"]}
    assert oauth.redeem(code, "portal", **form).json()["error"] == "invalid_grant"


def test_an_amendment_without_attributes_leaves_them_and_the_tokens(oauth, tariq, outbox_rows):
    tariq(attributes={"departments": "cleaning"})
    published = len(outbox_rows())

    assert tariq(role="chief").json()["attributes"] == {"departments": "cleaning"}

    assert len(outbox_rows()) == published


def test_an_empty_object_takes_all_attributes_away(oauth, tariq):
    tariq(attributes={"departments": "cleaning"})

    assert tariq(attributes={}).json()["attributes"] == {}

    assert "departments" not in oauth.claims(oauth.staff_token("tariq", **PORTAL))


@pytest.mark.parametrize(
    ("attributes", "field"),
    [
        ({"scope": "identity.admin"}, "attributes.scope"),
        ({"municipality": "qatif"}, "attributes.municipality"),
        ({"departments": "cleaning  gardens"}, "attributes.departments"),
        ({"departments": ""}, "attributes.departments"),
        ({"contractor": "contractor-1 contractor-2"}, "attributes.contractor"),
        ({"departments": ["cleaning"]}, "attributes.departments"),
    ],
)
def test_only_the_attributes_of_the_contract_are_registered(tariq, attributes, field):
    answer = tariq(attributes=attributes)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_a_staff_client_has_no_attributes(client, admin, register):
    desk = {**FEED, "redirect_uris": ["https://portal.example/callback"], "scopes": []}

    answer = client.put(
        "/v1/clients/portal", json={**desk, "attributes": {"contractor": "c-1"}}, headers=admin
    )

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("attributes", "attributes-unexpected")


def test_no_attribute_is_called_like_a_claim_that_services_know():
    schemas = contracts.openapi("identity")["components"]["schemas"]
    names = set(schemas["Attributes"]["properties"])

    assert names <= set(schemas["Introspection"]["properties"])
    assert not names & {*auth._KNOWN_CLAIMS, "municipality", "auth_time"}


def test_a_document_gives_attributes_and_takes_them_away(session, register, settings, oauth):
    person = {
        **TARIQ,
        "username": "tariq",
        "organisation": "tarout",
        "attributes": {"departments": "cleaning"},
    }

    def department_after(**changes):
        apply(session, settings, {"people": [{**person, **changes}]}, datetime.now(UTC))
        return oauth.claims(oauth.staff_token("tariq", **PORTAL)).get("departments")

    assert department_after() == "cleaning"
    assert department_after() == "cleaning"
    assert department_after(attributes={}) is None
