"""An administrator of one organisation finds and changes what belongs to it, and nothing else."""

import pytest
from joserfc.jwk import ECKey

from identity.models import Client, Person

PERSON = {
    "username": "electricity.huda",
    "display_name": "هدى (بيانات تجريبية)",
    "organisation": "electricity",
    "role": "connection-officer",
    "scopes": ["building-permits.read"],
    "password": "a sentence nobody knows",
}
TERMS = {"display_name": "سارة (بيانات تجريبية)", "role": "officer", "scopes": ["gateway.status"]}
OTHER_CLIENT = "water-desk"


@pytest.fixture
def own(token):
    """The header of the electricity company's administrator."""
    return token(
        "organisation.admin",
        sub="p_company",
        organisation="electricity",
        organisation_kind="partner",
        municipality=None,
        name=None,
    )


@pytest.fixture
def people(session, register):
    """The ids of the registered people, by username."""
    return {one.username: one.person_id for one in session.query(Person)}


def listed(client, header, path):
    return client.get(path, headers=header).json()["items"]


def test_the_lists_name_the_own_organisation_only(client, own, people):
    assert {one["organisation"] for one in listed(client, own, "/v1/people")} == {"electricity"}
    assert {one["organisation"] for one in listed(client, own, "/v1/clients")} == {"electricity"}
    assert [one["code"] for one in listed(client, own, "/v1/organisations")] == ["electricity"]
    assert listed(client, own, "/v1/grants") == []


@pytest.mark.parametrize("path", ["/v1/people", "/v1/clients", "/v1/grants"])
def test_a_list_of_another_organisation_is_not_found(client, own, people, path):
    assert client.get(f"{path}?organisation=water", headers=own).status_code == 404
    assert client.get(f"{path}?organisation=electricity", headers=own).status_code == 200


def test_a_person_of_another_organisation_is_not_found(client, own, people):
    path, reason = f"/v1/people/{people['walid']}", {"reason": "x"}

    answers = [
        client.get(path, headers=own),
        client.get(f"{path}/history", headers=own),
        client.put(path, json=TERMS, headers=own),
        client.put(f"{path}/password", json={"password": "another long phrase"}, headers=own),
        client.post(f"{path}/suspend", json=reason, headers=own),
        client.post(f"{path}/reinstate", headers=own),
    ]

    assert [one.status_code for one in answers] == [404] * 6


def test_a_client_and_an_organisation_of_others_are_not_found(client, own, session, register):
    other = next(one for one in session.query(Client) if one.organisation != "electricity")
    jwks = {"keys": [ECKey.generate_key("P-256", {"kid": "k1"}).as_dict(private=False)]}
    path = f"/v1/clients/{other.client_id}"

    answers = [
        client.get(path, headers=own),
        client.get(f"{path}/history", headers=own),
        client.put(f"{path}/keys", json=jwks, headers=own),
        client.post(f"{path}/suspend", json={"reason": "x"}, headers=own),
        client.post(f"{path}/reinstate", headers=own),
        client.get("/v1/organisations/water", headers=own),
        client.get("/v1/organisations/water/history", headers=own),
    ]

    assert [one.status_code for one in answers] == [404] * 7


def test_the_own_people_are_registered_amended_suspended_and_reinstated(client, own, register):
    made = client.post("/v1/people", json=PERSON, headers=own)
    assert made.status_code == 201, made.text
    path = f"/v1/people/{made.json()['person_id']}"

    assert client.put(path, json=TERMS, headers=own).status_code == 200
    assert client.post(f"{path}/suspend", json={"reason": "x"}, headers=own).status_code == 200
    assert client.post(f"{path}/reinstate", headers=own).status_code == 200


@pytest.mark.parametrize("taken", ["walid", "water.walid"])
def test_the_usernames_of_other_organisations_are_not_told(client, own, admin, register, taken):
    """Else an administrator of one organisation learned by trying who works elsewhere."""
    others = {**PERSON, "organisation": "water", "username": "water.walid"}
    assert client.post("/v1/people", json=others, headers=admin).status_code == 201

    def try_name(username):
        answer = client.post("/v1/people", json={**PERSON, "username": username}, headers=own)
        problem = answer.json()
        return answer.status_code, problem["type"], problem["errors"]

    told = try_name(taken)

    assert told == try_name(f"{taken}-of-nobody")
    assert (told[0], [one["code"] for one in told[2]]) == (422, ["username-home"])


def test_a_username_of_the_own_organisation_is_told_as_taken(client, own, register):
    assert client.post("/v1/people", json=PERSON, headers=own).status_code == 201

    answer = client.post("/v1/people", json=PERSON, headers=own)

    assert answer.json()["type"].endswith("/username-taken")


def test_nobody_is_registered_for_another_organisation(client, own, register):
    answer = client.post("/v1/people", json={**PERSON, "organisation": "water"}, headers=own)

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["organisation"]


@pytest.mark.parametrize("scope", ["identity.admin", "permits.read"])
def test_a_scope_of_the_municipality_is_not_given(client, own, register, scope):
    answer = client.post("/v1/people", json={**PERSON, "scopes": [scope]}, headers=own)

    assert answer.status_code == 422
    assert [one["code"] for one in answer.json()["errors"]] == ["scope-organisation-kind"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/organisations"),
        ("PUT", "/v1/organisations/electricity"),
        ("POST", "/v1/organisations/electricity/suspend"),
        ("POST", "/v1/organisations/electricity/reinstate"),
        ("POST", "/v1/clients"),
        ("PUT", "/v1/clients/electricity-desk"),
        ("POST", "/v1/grants"),
        ("GET", "/v1/revocations"),
        ("POST", "/v1/revocations"),
        ("GET", "/v1/signing-keys"),
        ("POST", "/v1/signing-keys/rotate"),
        ("POST", "/v1/citizen-searches"),
    ],
)
def test_what_concerns_others_is_for_the_municipality(client, own, register, method, path):
    assert client.request(method, path, json={}, headers=own).status_code == 403


def test_a_change_of_a_version_that_is_no_more_is_refused(client, admin, people):
    path = f"/v1/people/{people['sara']}"
    version = client.get(path, headers=admin).json()["version"]
    read = {**admin, "If-Match": f'"{version}"'}

    first = client.put(path, json=TERMS, headers=read)
    second = client.put(path, json={**TERMS, "role": "manager"}, headers=read)

    assert first.status_code == 200
    assert second.status_code == 409
    assert second.json()["type"].endswith("/registration-changed")
    assert client.get(path, headers=admin).json()["role"] == "officer"
