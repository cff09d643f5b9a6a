"""The partner gateway under test, with permits and a grant at hand."""

import base64
import copy
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import KeySet, RSAKey

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data.sealing import Keyring, Sealer
from chassis.process import Process
from chassis.run.web import build
from chassis.testing import *
from chassis.testing import TestJwks, as_served
from partner_gateway import consumers, feed
from partner_gateway.app import SERVICE
from partner_gateway.commands import projections
from partner_gateway.events import SUBMISSION_CONTEXT
from partner_gateway.feed import Change

EXAMPLES_KEY = contracts.read("events/permits/permit.v1.schema.json")["properties"]["owners"][
    "x-sealed"
]["key_of_the_examples"]
sys.path.insert(0, str(Path(__file__).parent))  # what several tests share
from entering import (  # noqa: E402
    ALL,
    INSPECTIONS,
    INSULATION,
    NAME,
    POSTS,
    SUPPLY,
    answer_event,
    body,
)
from municipal import APPLICATIONS, BODY  # noqa: E402

LICENCES_KEY = contracts.read("events/licences/licence.v1.schema.json")["properties"]["sealed"][
    "x-sealed"
]["key_of_the_examples"]
EXAMINATION_KEY = contracts.read("events/health-certs/examination.v1.schema.json")["properties"][
    "sealed"
]["x-sealed"]["key_of_the_examples"]
SEALER = Sealer(Keyring.parse(EXAMPLES_KEY))
ALL_KINDS = [
    *("issue-date-range", "plan-number", "civil-id", "permit-number"),
    *("unified-number", "border-number", "follow"),
]


def key_of(name):
    return base64.urlsafe_b64encode(name.encode().ljust(32, b"k")).decode()


@pytest.fixture(scope="session")
def service():
    return SERVICE


@pytest.fixture(scope="session")
def settings_overrides():
    return {
        **{
            f"{name}_key": key_of(name)
            for name in (
                "cursor",
                "blind_index",
                "sealing",
                "audit_signing",
                "feed_cursor",
                "submission",
            )
        },
        "personal_data_key": EXAMPLES_KEY,
        "licence_data_key": LICENCES_KEY,
        "examination_key": EXAMINATION_KEY,
        "public_url": "https://gateway.test",
        "grant_seconds": 0.0,  # a test changes a grant and asks at once
        "as_of_seconds": 0.0,
    }


@pytest.fixture(scope="session")
def all_fields():
    schemas = contracts.openapi("partner-gateway")["components"]["schemas"]
    return sorted([*schemas["BuildingPermit"]["properties"], "absence"])


@pytest.fixture(scope="session")
def example():
    state = contracts.event_example("sa.gov.qatif.permits.permit.issued.v1")
    context = projections.OWNERS_CONTEXT.format(**state)
    return {**state, "owners": json.loads(SEALER.unseal_text(state["owners"], context))}


def sealed(state):
    """A permit's state as an event carries it."""
    if not isinstance(state.get("owners"), list):
        return state
    context = projections.OWNERS_CONTEXT.format(**state)
    return {**state, "owners": SEALER.seal_text(json.dumps(state["owners"]), context)}


@pytest.fixture
def sealed_state():
    return sealed


def make_event(data, *, sequence=1, type="sa.gov.qatif.permits.permit.issued.v1", subject=None):
    return Received(
        id=new_id(),
        type=type,
        subject=subject or data.get("permit_id") or data["grant_id"],
        sequence=sequence,
        time=datetime.now(UTC),
        data=sealed(data),
    )


@pytest.fixture
def event():
    return make_event


@pytest.fixture
def project(session, context, example):
    """`project(issued_on=…, plan_number=…)` → the permit's state, in the read model."""

    def project(*, sequence=1, **changes):
        state = copy.deepcopy(example)
        state["permit_id"] = state["building_id"] = new_id()
        for name, value in changes.items():
            target = state["land"] if name in state["land"] else state
            target[name] = value
        consumers.permit_changed(context, make_event(state, sequence=sequence))
        session.commit()
        return state

    return project


@pytest.fixture
def grant(session, all_fields):
    """`grant(rows_per_day=5)` → a grant of the electricity company, in force."""

    def grant(*, sequence=1, **changes):
        now = datetime.now(UTC)
        data = {
            "grant_id": new_id(),
            "organisation": "sec",
            "audience": "partner-gateway",
            "purposes": ["meter-connection"],
            "query_kinds": ALL_KINDS,
            "entry_kinds": ["insulation", "supply"],
            "widest_span_days": 92,
            "fields": all_fields,
            "rows_per_day": 10_000,
            "valid_from": (now - timedelta(days=1)).isoformat(),
            "valid_until": (now + timedelta(days=365)).isoformat(),
            "status": "active",
            **changes,
        }
        received = make_event(
            data, sequence=sequence, type="sa.gov.qatif.identity.grant.granted.v1"
        )
        projections.record_grant(session, received)
        session.commit()
        return data

    return grant


@pytest.fixture
def employee(token):
    """The headers of a named employee of the electricity company."""

    def headers(*scopes, **claims):
        claims = {
            "organisation": "sec",
            "organisation_kind": "partner",
            "municipality": None,
            **claims,
        }
        return token(*(scopes or ("building-permits.read", "building-permits.search")), **claims)

    return headers


@pytest.fixture(scope="session")
def tenants():
    """Claims of the organisations' tokens."""
    branches = {
        name: {
            "organisation": name,
            "organisation_kind": "affiliated_municipality",
            "municipality": name,
        }
        for name in ("saihat", "tarout")
    }
    qatif = {"organisation": "qatif", "organisation_kind": "municipality", "municipality": "qatif"}
    return {**branches, "qatif": qatif}


@pytest.fixture(scope="session")
def change():
    """`change(7, municipality="tarout")` → what happened to a licence, as the feed takes it."""

    def change(number=1, *, municipality="saihat", **changes):
        return Change(
            **{
                "event_id": new_id(),
                "type": "sa.gov.qatif.licences.licence.issued.v1",
                "source": "/licences",
                "audiences": feed.municipality(municipality),
                "subject": "01937c5e-8f00-7a11-8c2e-00000000a001",
                "number": f"4810000{number:02}",
                "path": f"/v1/licences/4810000{number:02}",
                "sequence": number,
                "time": datetime(2026, 11, 26, 6, 0, tzinfo=UTC) + timedelta(seconds=number),
                "data": {"status": "valid", "trade_name": "مخبز (بيانات تجريبية)"},
                **changes,
            }
        )

    return change


@pytest.fixture
def project_licences(session, context):
    """`project_licences(application_event(…), licence_event(…))`: as if the consumer had got them."""
    kinds = {
        "application": consumers.application_changed,
        "licence": consumers.licence_changed,
        "activity": consumers.activity_changed,
        "bill": consumers.bill_changed,
    }

    def project(*events):
        for one in events:
            handler = kinds[one.type.split(".")[4]]
            handler.write(context, [handler.prepare(context, one)])
        session.commit()

    return project


@pytest.fixture
def clerk(token):
    """The headers of a named employee of a municipality; `kind="machine"` for its own system."""

    def headers(*scopes, municipality="saihat", kind="staff", key=None, **claims):
        is_governorate = municipality == "qatif"
        claims = {
            "organisation": municipality,
            "organisation_kind": "municipality" if is_governorate else "affiliated_municipality",
            "municipality": municipality,
            "client_id": f"{municipality}-{'desk' if kind == 'staff' else 'system'}",
            "client_kind": kind,
            **claims,
        }
        if kind == "machine":
            claims["sub"] = claims["client_id"]
        scopes = scopes or ("licences.submit", "licences.read", "licences.export")
        return {**token(*scopes, **claims), **({"Idempotency-Key": key} if key else {})}

    return headers


@pytest.fixture
def real_settings(settings):
    """The settings of `real_client`. A file may give other settings without touching those that all files share."""
    return settings


@pytest.fixture
def real_client(service, real_settings, real_database, issuer_key):
    """A client of a worker that really commits: what's rolled back doesn't take the record with it."""
    keys = TestJwks(KeySet([RSAKey.import_key(issuer_key.as_dict(private=False))]))
    built = build(Process(service, real_settings, real_database), jwks=keys)
    transport = httpx.WSGITransport(app=as_served(built.app.wsgi))
    with httpx.Client(transport=transport, base_url="http://service.test") as client:
        yield client


@pytest.fixture
def committed(real_database, settings):
    """`committed(activity_event(…))`: projected for good."""

    def committed(*events):
        with real_database.transaction() as session:
            for one in events:
                kind = one.type.split(".")[4]
                row = getattr(projections, f"{kind}_row")(one)
                keep = {"activity": "keep_activities"}.get(kind, f"keep_{kind}s")
                getattr(projections, keep)(session, [row])

    return committed


@pytest.fixture
def given(grant):
    """The company's grant."""
    return grant(entry_kinds=ALL)


@pytest.fixture
def permit(project, given):
    return project(permit_number="1448/77", municipality="central-qatif")


@pytest.fixture
def enter(client, employee, permit):
    """`enter(path, stage="roof", who={…})` → the answer; about `permit` unless `sent` says otherwise."""

    def enter(path=INSPECTIONS, *, sent=None, key=None, who=None, headers=None, **changes):
        head = {
            **employee(POSTS[path][0], **{"name": NAME, **(who or {})}),
            "Idempotency-Key": key or new_id(),
            **(headers or {}),
        }
        return client.post(path, json=sent or body(path, permit, **changes), headers=head)

    return enter


@pytest.fixture
def look(client, employee):
    """`look(path, **query)` → the answer, for a colleague who holds both scopes."""

    def look(path, *, who=None, **query):
        head = employee(INSULATION, SUPPLY, **{"sub": "p_colleague", **(who or {})})
        return client.get(path, params=query, headers=head)

    return look


@pytest.fixture
def answered(context, session):
    """`answered(entry_id, outcome="refused")`: as if the consumer had got it from permits."""

    def answered(entry_id, **answer):
        consumers.entry_answered(context, answer_event(entry_id, **answer))
        session.commit()

    return answered


@pytest.fixture
def submit(client, clerk):
    """`submit(body, municipality=…, key=…)` → the answer."""

    def submit(sent=BODY, *, path=APPLICATIONS, key=None, headers=None, **who):
        head = {**clerk("licences.submit", key=key or new_id(), **who), **(headers or {})}
        return client.post(path, json=sent, headers=head)

    return submit


@pytest.fixture
def opened(settings):
    """`opened(row of the outbox)` → the body that was sealed for licences."""

    def opened(row):
        data = row.envelope["data"]
        context = SUBMISSION_CONTEXT.format(**data)
        return json.loads(settings.submissions.unseal_text(data["sealed"], context))

    return opened
