"""Every operation on licences × every tenant × every scope × whose thing it is: no wrong cell.

What a cell has to be is computed from the rule: the scope opens the operation, the registration says whose things are
seen, and the municipality of Qatif sees all and touches its own.
"""

import json
from dataclasses import replace
from itertools import product

import pytest
from municipal import (
    APPLICATIONS,
    BATCHES,
    BODY,
    EXPORTS,
    LICENCES,
    activity_event,
    application_event,
    body,
    licence_event,
)
from sqlalchemy import delete, select, text

from chassis.core.ids import new_id
from partner_gateway.models import Licence, LicenceActivity, LicenceApplication

SCOPES = ("licences.submit", "licences.read", "licences.export", "gateway.status", "events.read")
# The holders of tokens: the claims of the organisation.
TENANTS = {
    "saihat": ("affiliated_municipality", "saihat"),
    "tarout": ("affiliated_municipality", "tarout"),
    "safwa": ("affiliated_municipality", "safwa"),
    "qatif": ("municipality", "qatif"),
    "sec": ("partner", None),
    "branch-without-code": ("affiliated_municipality", None),
    "partner-with-code": ("partner", "saihat"),
    "": (None, None),  # a citizen
}
PLACES = {
    "saihat": {"town": "سيهات", "district": "الكوثر"},
    "tarout": {"town": "تاروت", "district": "الربيعية"},
    "safwa": {"town": "صفوى", "district": "التلال"},
    "qatif": {"town": "القطيف", "district": "البديع"},
}
OWNERS = ("saihat", "tarout")
NUMBERS = {"saihat": "144804000101", "tarout": "144804000102"}
IDS = {"saihat": "01937c5e-8f00-7a11-8c2e-00000000aa01", "tarout": "01937c5e-8f00-7a11-8c2e-00000000aa02"}  # fmt: skip

MONTHS = "/v1/licence-application-months"
# operation → (method, path with the thing's place, needed scope, the body's maker)
ON_ONE = {
    "get_licence_application": ("GET", APPLICATIONS + "/{id}", "licences.read", None),
    "correct_licence_application": ("POST", APPLICATIONS + "/{id}/corrections", "licences.submit", "application"),
    "withdraw_licence_application": ("POST", APPLICATIONS + "/{id}/withdrawals", "licences.submit", {"reason": "عدل"}),
    "get_licence": ("GET", LICENCES + "/{no}", "licences.read", None),
    "request_licence_renewal": ("POST", LICENCES + "/{no}/renewals", "licences.submit", {"years": 1}),
    "request_licence_cancellation": ("POST", LICENCES + "/{no}/cancellations", "licences.submit", {"reason": "انتهى"}),
}  # fmt: skip
ON_ALL = {
    "find_licence_applications": ("GET", APPLICATIONS, "licences.read"),
    "find_licences": ("GET", LICENCES, "licences.read"),
    "export_licences": ("GET", EXPORTS + "?format=ndjson", "licences.export"),
}
NEW = {
    "submit_licence_application": ("POST", APPLICATIONS, "licences.submit"),
    "submit_licence_applications": ("POST", BATCHES, "licences.submit"),
}
COUNTED = {
    "count_licence_applications": ("GET", MONTHS, "licences.read"),
    "export_licence_application_months": ("GET", f"{MONTHS}.csv", "licences.read"),
}
HELD = [(), *((one,) for one in SCOPES), *(tuple(set(SCOPES) - {one}) for one in SCOPES)]


@pytest.fixture
def real_settings(real_settings):
    """Hundreds of requests in a minute, refused ones too."""
    limits = ("person", "client", "partner", "submissions")
    unlimited = {f"{who}_per_minute": 10_000_000 for who in limits}
    return replace(real_settings, **unlimited, exports_per_hour=10_000_000)


@pytest.fixture
def client(real_client):
    """With connections of its own for the record: hundreds of refusals roll back."""
    return real_client


@pytest.fixture
def things(real_database, committed):
    empty(real_database)
    committed(activity_event())
    for owner in OWNERS:
        committed(
            application_event(IDS[owner], municipality=owner, status="returned", licence_no=None),
            licence_event(NUMBERS[owner], municipality=owner),
        )
    yield
    empty(real_database)


def empty(database):
    with database.transaction() as session:
        for model in (LicenceApplication, Licence, LicenceActivity):
            session.execute(delete(model))
        session.execute(text("DELETE FROM quota_used"))  # the next tests have limits


@pytest.fixture
def headers_of(token):
    def headers_of(tenant, held):
        kind, municipality = TENANTS[tenant]
        claims = {
            "organisation": tenant or None, "organisation_kind": kind, "municipality": municipality,
            "client_kind": "staff" if tenant else "citizen", "sub": f"p_{tenant or 'citizen'}",
        }  # fmt: skip
        return {**token(*held, **claims), "Idempotency-Key": new_id()}

    return headers_of


def is_municipality(tenant):
    kind, municipality = TENANTS[tenant]
    return kind in ("municipality", "affiliated_municipality") and municipality is not None


def expected_on_one(method, needed, tenant, held, owner):
    if needed not in held or not is_municipality(tenant):
        return 403
    if tenant == owner:
        return 200 if method == "GET" else 202
    if tenant == "qatif":
        return 200 if method == "GET" else 403
    return 404


def test_every_operation_on_one_thing(client, headers_of, things, committed):
    wrong, cells = [], 0
    for (name, spec), tenant, held, owner in product(ON_ONE.items(), TENANTS, HELD, OWNERS):
        method, path, needed, sent = spec
        place = {**BODY["place"], **PLACES.get(tenant, {})}
        sent = body(place=place) if sent == "application" else sent
        answer = client.request(
            method,
            path.format(id=IDS[owner], no=NUMBERS[owner]),
            json=sent,
            headers=headers_of(tenant, held),
        )
        cells += 1
        if answer.status_code != expected_on_one(method, needed, tenant, held, owner):
            wrong.append((name, tenant, held, owner, answer.status_code))
        if answer.status_code == 202 and name.startswith(
            ("correct", "withdraw")
        ):  # returned once more
            committed(
                application_event(
                    IDS[owner],
                    sequence=cells + 1,
                    municipality=owner,
                    status="returned",
                    licence_no=None,
                )
            )

    assert wrong == []
    assert cells == len(ON_ONE) * len(TENANTS) * len(HELD) * len(OWNERS)


def seen(answer):
    if answer.headers["content-type"].startswith("application/x-ndjson"):
        items = [json.loads(one) for one in answer.text.splitlines()]
    else:
        items = answer.json()["items"]
    return {one["municipality"] for one in items}


def test_every_list_and_file(client, headers_of, things):
    wrong, cells = [], 0
    for (name, spec), tenant, held in product(ON_ALL.items(), TENANTS, HELD):
        method, path, needed = spec
        answer = client.request(method, path, headers=headers_of(tenant, held))
        allowed = needed in held and is_municipality(tenant)
        own = set(OWNERS) if tenant == "qatif" else {tenant} & set(OWNERS)
        cells += 1
        if answer.status_code != (200 if allowed else 403) or (allowed and seen(answer) != own):
            wrong.append((name, tenant, held, answer.status_code))

    assert wrong == []
    assert cells == len(ON_ALL) * len(TENANTS) * len(HELD)


def counted(answer):
    if answer.headers["content-type"].startswith("text/csv"):
        return int(answer.text.splitlines()[-1].rpartition(",")[2])
    return answer.json()["sum"]["total"]


def test_every_table_counts_one_s_own(client, headers_of, things):
    wrong, cells = [], 0
    for (name, spec), tenant, held in product(COUNTED.items(), TENANTS, HELD):
        method, path, needed = spec
        asked = {"year": "2026"}
        answer = client.request(method, path, params=asked, headers=headers_of(tenant, held))
        allowed = needed in held and is_municipality(tenant)
        own = len(OWNERS) if tenant == "qatif" else int(tenant in OWNERS)
        cells += 1
        if answer.status_code != (200 if allowed else 403) or (allowed and counted(answer) != own):
            wrong.append((name, tenant, held, answer.status_code))

    assert wrong == []
    assert cells == len(COUNTED) * len(TENANTS) * len(HELD)


def test_every_submission_is_for_ones_own_municipality(client, headers_of, things, real_database):
    wrong, cells, accepted = [], 0, []
    for (name, spec), tenant, held in product(NEW.items(), TENANTS, HELD):
        method, path, needed = spec
        sent = body(place={**BODY["place"], **PLACES.get(tenant, {})})
        headers = headers_of(tenant, held)
        if path == BATCHES:
            line = json.dumps({"reference": new_id(), "application": sent}).encode()
            headers["Content-Type"] = "application/x-ndjson"
            answer = client.request(method, path, content=line, headers=headers)
        else:
            answer = client.request(method, path, json=sent, headers=headers)
        allowed = needed in held and is_municipality(tenant)
        good = 200 if path == BATCHES else 202
        cells += 1
        if answer.status_code != (good if allowed else 403):
            wrong.append((name, tenant, held, answer.status_code))
        if allowed:
            accepted.append(TENANTS[tenant][1])

    assert wrong == []
    assert cells == len(NEW) * len(TENANTS) * len(HELD)
    with real_database.transaction() as session:
        kept = session.scalars(
            select(LicenceApplication.municipality).where(LicenceApplication.version == 0)
        )
        assert sorted(kept) == sorted(accepted)


def test_the_matrix_names_every_operation_on_licences():
    from chassis.core import contracts

    paths = contracts.openapi("partner-gateway")["paths"]
    named = {
        item[method]["operationId"]
        for path, item in paths.items()
        if path.startswith("/v1/licence")
        for method in contracts.METHODS
        if method in item
    }

    assert named == ON_ONE.keys() | ON_ALL.keys() | COUNTED.keys() | NEW.keys()
