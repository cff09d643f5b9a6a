"""The operation of a request: an address without parameters is looked up once."""

import pytest
from connexion.middleware.routing import RoutingMiddleware

MADE = {"name": "door", "made_on": "2024-10-13"}
PATH = "/v1/things"


@pytest.fixture
def looked_up(monkeypatch):
    """The addresses that went the way of Connexion, which looks an operation up among all."""
    found = []
    look_up = RoutingMiddleware.__call__

    async def note(step, scope, receive, send):
        found.append((scope["method"], scope["path"]))
        await look_up(step, scope, receive, send)

    monkeypatch.setattr(RoutingMiddleware, "__call__", note)
    return found


def test_an_address_is_looked_up_once_and_leads_to_the_same_operation(client, token, looked_up):
    client.get(PATH, headers=token("things.read"))
    looked_up.clear()

    again = client.get(f"{PATH}?limit=3", headers=token("things.read"))

    assert again.json()["limit"] == 3
    assert looked_up == []


def test_a_remembered_address_still_needs_its_token_and_its_parameters(client, token, looked_up):
    client.get(PATH, headers=token("things.read"))
    looked_up.clear()

    answers = [
        client.get(PATH),
        client.get(PATH, headers=token("things.write")),
        client.get(f"{PATH}?limit=11", headers=token("things.read")),
    ]

    assert [one.status_code for one in answers] == [401, 403, 400]
    assert looked_up == []


def test_a_remembered_address_says_nothing_of_another_method(client, token, looked_up):
    client.get(PATH, headers=token("things.read"))
    client.delete(PATH, headers=token("things.read"))
    looked_up.clear()

    refused = client.delete(PATH, headers=token("things.read"))
    made = client.post(PATH, json=MADE, headers=token("things.write"))

    assert (refused.status_code, made.status_code) == (405, 201)
    assert ("DELETE", PATH) in looked_up


def test_an_address_with_parameters_is_looked_up_each_time(client, token, looked_up):
    addresses = [f"{PATH}/door", f"{PATH}/window", f"{PATH}/door"]

    answers = [client.get(one, headers=token("things.read")).json() for one in addresses]

    assert [one["weight"] for one in answers] == [4, 6, 4]
    assert looked_up == [("GET", one) for one in addresses]
