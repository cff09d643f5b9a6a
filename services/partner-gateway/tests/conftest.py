"""The partner gateway under test, with permits and a grant at hand."""

import base64
import copy
import json
from datetime import UTC, datetime, timedelta

import pytest

from chassis import contracts
from chassis.ids import new_id
from chassis.inbox import Received
from chassis.sealing import Keyring, Sealer
from chassis.testing import *
from partner_gateway import commands
from partner_gateway.app import SERVICE

EXAMPLES_KEY = json.loads(
    (contracts.directory() / "events" / "permit.v1.schema.json").read_text("utf-8")
)["properties"]["owners"]["x-sealed"]["key_of_the_examples"]
SEALER = Sealer(Keyring.parse(EXAMPLES_KEY))
ALL_KINDS = ["issue-date-range", "plan-number", "civil-id", "permit-number"]


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
            for name in ("cursor", "blind_index", "sealing", "audit_signing")
        },
        "personal_data_key": EXAMPLES_KEY,
        "public_url": "https://gateway.test",
        "grant_seconds": 0.0,  # a test changes a grant and asks at once
        "as_of_seconds": 0.0,
    }


@pytest.fixture(scope="session")
def all_fields():
    schemas = contracts.openapi("partner-gateway")["components"]["schemas"]
    return sorted(schemas["BuildingPermit"]["properties"])


@pytest.fixture(scope="session")
def example():
    path = contracts.directory() / "examples" / "permit-issued.v1.full.json"
    state = json.loads(path.read_text("utf-8"))
    context = commands.OWNERS_CONTEXT.format(**state)
    return {**state, "owners": json.loads(SEALER.unseal_text(state["owners"], context))}


def sealed(state):
    """A permit's state as an event carries it."""
    if not isinstance(state.get("owners"), list):
        return state
    context = commands.OWNERS_CONTEXT.format(**state)
    return {**state, "owners": SEALER.seal_text(json.dumps(state["owners"]), context)}


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
def project(session, settings, example):
    """`project(issued_on=…, plan_number=…)` → the permit's state, in the read model."""

    def project(*, sequence=1, **changes):
        state = copy.deepcopy(example)
        state["permit_id"] = new_id()
        for name, value in changes.items():
            target = state["land"] if name in state["land"] else state
            target[name] = value
        commands.project_permit(session, make_event(state, sequence=sequence), settings)
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
        commands.record_grant(session, received)
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
