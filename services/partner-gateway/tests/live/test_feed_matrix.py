"""The change feed and every operation on webhooks × tenants × scopes × whose webhook it is: no wrong cell. What a cell
has to be follows from the contract, and from one rule: a webhook is its organisation's alone, and a municipality's feed
names its own things, Qatif's all."""

from dataclasses import replace
from itertools import product

import httpx
import pytest
from joserfc.jwk import KeySet, RSAKey

from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.process import Process
from chassis.run.web import build
from chassis.testing import TestJwks
from partner_gateway import feed
from partner_gateway.feed import sequencer

EVENTS, MANAGE = "events.read", "webhooks.manage"
SCOPES = (EVENTS, MANAGE, "licences.read", "licences.submit", "gateway.status")
HELD = ((), *((one,) for one in SCOPES), *(tuple(set(SCOPES) - {one}) for one in (EVENTS, MANAGE)))
# The holders of tokens: the claims of the organisation. The citizen has none.
TENANTS = {
    "saihat": ("affiliated_municipality", "saihat"),
    "tarout": ("affiliated_municipality", "tarout"),
    "safwa": ("affiliated_municipality", "safwa"),
    "qatif": ("municipality", "qatif"),
    "sec": ("partner", None),
    "citizen": (None, None),
}
# A partner gets these scopes from nobody: its machines follow permits by another one, within a grant.
MUNICIPAL = ("saihat", "tarout", "safwa", "qatif")
OWNERS = ("saihat", "tarout")
BODIES = {
    "register_webhook": {"url": "https://hooks.example/new"},
    "replay_webhook": {"after": "now"},
}
OPERATIONS = {
    item[method]["operationId"]: (method.upper(), path)
    for path, item in contracts.openapi("partner-gateway")["paths"].items()
    for method in contracts.METHODS
    if method in item and (path == "/v1/events" or path.startswith("/v1/webhooks"))
}


@pytest.fixture
def client(service, own_settings, empty, issuer_key):
    """Hundreds of requests, refused ones too."""
    who = ("person", "client", "partner", "status", "events")
    own = replace(own_settings, **{f"{one}_per_minute": 10_000_000 for one in who})
    keys = TestJwks(KeySet([RSAKey.import_key(issuer_key.as_dict(private=False))]))
    web = build(Process(service, own, empty), jwks=keys)
    transport = httpx.WSGITransport(app=web.app.wsgi)
    with httpx.Client(transport=transport, base_url="http://service.test") as client:
        yield client


@pytest.fixture
def ask(client, token):
    def ask(name, tenant, held, **path):
        kind, municipality = TENANTS[tenant]
        headers = token(
            *held,
            sub=f"p_{tenant}",
            organisation=tenant if kind else None,
            organisation_kind=kind,
            municipality=municipality,
            client_kind="staff" if kind else "citizen",
        )
        method, url = OPERATIONS[name]
        return client.request(method, url.format(**path), json=BODIES.get(name), headers=headers)

    return ask


def is_of_a_webhook(name):
    return "{webhook_id}" in OPERATIONS[name][1]


def test_every_operation_on_webhooks(ask):
    wrong, cells = [], 0
    own = {owner: ask("register_webhook", owner, [MANAGE]).json()["webhook"] for owner in OWNERS}
    of_one = [name for name in OPERATIONS if is_of_a_webhook(name) and name != "remove_webhook"]
    for name, tenant, held, owner in product([*of_one, "remove_webhook"], TENANTS, HELD, OWNERS):
        answer = ask(name, tenant, held, webhook_id=own[owner]["webhook_id"])
        cells += 1
        if MANAGE not in held:
            good = answer.status_code == 403
        elif tenant == owner:
            good = answer.status_code not in (401, 403, 404)
        else:
            nothing = ask(name, tenant, held, webhook_id=new_id())
            good = answer.status_code == 404 and answer.content == nothing.content
        if not good:
            wrong.append((name, tenant, held, owner, answer.status_code))

    assert wrong == []
    assert cells == (len(of_one) + 1) * len(TENANTS) * len(HELD) * len(OWNERS)


def test_every_list_of_webhooks(ask):
    for owner in OWNERS:
        ask("register_webhook", owner, [MANAGE])
    wrong = []
    for tenant, held in product(TENANTS, HELD):
        answer = ask("list_webhooks", tenant, held)
        found = len(answer.json()["items"]) if answer.status_code == 200 else answer.status_code
        if found != (int(tenant in OWNERS) if MANAGE in held else 403):
            wrong.append((tenant, held, found))

    assert wrong == []


def test_nobody_registers_a_webhook_without_the_scope_and_a_municipality(ask):
    wrong = []
    for tenant, held in product(TENANTS, HELD):
        answer = ask("register_webhook", tenant, held)
        allowed = MANAGE in held and tenant in MUNICIPAL
        # The second time the address is registered already.
        if answer.status_code not in ((201, 409) if allowed else (403,)):
            wrong.append((tenant, held, answer.status_code))

    assert wrong == []


def test_every_reader_of_the_feed(ask, empty, change):
    with empty.transaction() as session:
        for number, owner in enumerate(OWNERS, 1):
            feed.append(
                session, change(number, municipality=owner), public_url="https://gateway.test"
            )
    sequencer.step(empty)
    wrong = []
    for tenant, held in product(TENANTS, HELD):
        answer = ask("find_events", tenant, held)
        if EVENTS not in held:
            good = answer.status_code == 403
        elif tenant not in MUNICIPAL:
            good = answer.status_code == 403 or answer.json()["items"] == []
        else:
            count = len(OWNERS) if tenant == "qatif" else int(tenant in OWNERS)
            good = len(answer.json()["items"]) == count
        if not good:
            wrong.append((tenant, held, answer.status_code))

    assert wrong == []


def test_the_matrix_asks_every_operation():
    asked = {"find_events", "list_webhooks", "register_webhook"}

    assert {name for name in OPERATIONS if not is_of_a_webhook(name)} == asked
